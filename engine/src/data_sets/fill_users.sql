-- 200,000 people.
TRUNCATE shared_users;

INSERT INTO shared_users (id, name, city, email, joined)
SELECT number,
       name,
       ('{Accra,Amsterdam,Athens,Auckland,Bangkok,Barcelona,Belgrade,Berlin,Bogotá,Boston,Brussels,Budapest,Buenos Aires,
          Cairo,Cape Town,Casablanca,Chennai,Chicago,Copenhagen,Dakar,Dhaka,Dublin,Edinburgh,Gothenburg,Graz,Hanoi,Helsinki,
          Istanbul,Jakarta,Kampala,Kigali,Kraków,Kyoto,Lagos,Leipzig,Lima,Lisbon,Ljubljana,London,Lyon,Madrid,Manila,
          Melbourne,Mexico City,Milan,Montréal,Mumbai,Nairobi,Oslo,Porto,Prague,Quito,Reykjavík,Riga,Rotterdam,Santiago,
          São Paulo,Seoul,Sofia,Stockholm,Taipei,Tallinn,Tokyo,Toronto,Turin,Vienna,Vilnius,Warsaw,Wellington,Zagreb,
          Zürich}'::text[])[1 + (number * 29 + number / 71) % 71],
       replace(lower(name), ' ', '.') || number || '@example.com',
       date '2015-01-01' + (number * 37) % 3900
FROM (SELECT number, shared_name(number) AS name FROM generate_series(1, 200000) AS number OFFSET 0) AS person;

ANALYZE shared_users;
