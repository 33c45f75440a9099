-- A shop of 5,000 products: 50 adjectives with 100 nouns, five of a category.
TRUNCATE shared_brands, shared_categories, shared_products, shared_stock, shared_reviews;

INSERT INTO shared_brands (id, name, country)
SELECT number,
       ('{Alder & Finch,Atlas Works,Bergström,Blue Heron,Casa Lume,Cobalt,Dunlin,Eastgate,Fennek,Fjordline,Granit,Halden,
          Hinoki,Ilha,Juniper Row,Kestrel,Kiln & Co.,Lark Supply,Loom House,Maré,Mistral,Nordhus,Oakridge,Okapi,Ostara,
          Pinecroft,Quarry,Rookwood,Saltmarsh,Sirocco,Skagen Craft,Solano,Tandem,Tern,Umbra,Valmora,Wattle,Westerly,
          Yonder,Zephyr}'::text[])[number],
       ('{Germany,Portugal,Denmark,Japan,Canada,Italy,Kenya,Sweden,Poland,Brazil}'::text[])[1 + (number * 7) % 10]
FROM generate_series(1, 40) AS number;

INSERT INTO shared_categories (id, name, department)
SELECT number,
       ('{Lamps,Chairs,Tables,Storage,Cookware,Tableware,Coffee and tea,Bedding,Bath,Rugs,Bags,Outdoor,Cycling,Fitness,
          Keyboards,Audio,Cables and power,Stationery,Garden tools,Toys}'::text[])[number],
       ('{Home,Home,Home,Home,Kitchen,Kitchen,Kitchen,Home,Home,Home,Travel,Travel,Sports,Sports,Office,Electronics,
          Electronics,Office,Garden,Kids}'::text[])[number]
FROM generate_series(1, 20) AS number;

INSERT INTO shared_products (id, name, brand, category, price, description)
SELECT number,
       name,
       1 + (number * 17 + number / 40) % 40,
       1 + noun / 5,
       round(('{49,119,199,89,59,24,39,79,29,99,69,119,29,35,89,119,29,14,24,19}'::numeric[])[1 + noun / 5]
             * (60 + (number * 37) % 121) / 100) - 0.10,
       name || ': ' || ('{made to be repaired,in three sizes,tested for ten years of use,packed without plastic,a favourite since 1987,
          designed with people who use it daily,light enough to carry with one hand,with spare parts for fifteen years}'
          ::text[])[1 + (number / 3) % 8]
FROM (
    SELECT number,
           place % 100 AS noun,
           ('{Classic,Compact,Everyday,Travel,Studio,Nordic,Coastal,Alpine,Urban,Heritage,Modern,Rustic,Essential,Premium,Light,
              Sturdy,Slim,Wide,Tall,Low,Soft,Bold,Quiet,Bright,Warm,Cool,Sand,Slate,Olive,Amber,Ivory,Indigo,Copper,Walnut,Oak,
              Birch,Ash,Cedar,Linen,Wool,Recycled,Modular,Folding,Portable,Handmade,Original,Little,Great,Summer,Winter}'
              ::text[])[1 + place / 100]
           || ' ' || ('{desk lamp,floor lamp,reading light,lantern,pendant lamp,armchair,stool,rocking chair,bench,office chair,
              dining table,side table,workbench,desk,console table,bookshelf,wall shelf,storage box,coat rack,cabinet,saucepan,
              frying pan,stockpot,casserole,baking tray,dinner plate,salad bowl,cup,carafe,serving tray,coffee grinder,teapot,
              kettle,moka pot,travel mug,duvet,pillow,blanket,sheet set,mattress topper,bath towel,bath mat,soap dish,
              shower curtain,laundry basket,hallway runner,round rug,door mat,wool rug,outdoor rug,backpack,tote bag,suitcase,
              wash bag,messenger bag,tent,sleeping bag,camping stove,hammock,head torch,bicycle lamp,saddle,pannier,helmet,
              bell,yoga mat,kettlebell,skipping rope,foam roller,resistance band,keyboard,number pad,wrist rest,trackball,
              desk mat,headphones,loudspeaker,turntable,microphone,radio,charging cable,power bank,plug adapter,cable box,
              desk charger,notebook,fountain pen,pencil case,ruler,paper knife,secateurs,watering can,hand fork,hoe,rake,
              wooden train,puzzle,spinning top,kite,building blocks}'::text[])[1 + place % 100] AS name
    FROM (SELECT number, (number * 2311) % 5000 AS place FROM generate_series(1, 5000) AS number) AS numbered
    OFFSET 0
) AS named;

INSERT INTO shared_stock (product, warehouse, pieces)
SELECT product, warehouse, CASE WHEN (product + place) % 9 > 0 THEN (product * 31 + place * 47) % 180 ELSE 0 END
FROM generate_series(1, 5000) AS product,
     unnest('{Rotterdam,Gdańsk,Lisbon}'::text[]) WITH ORDINALITY AS house (warehouse, place);

-- None to seven each.
INSERT INTO shared_reviews (product, number, author, stars, opinion, written)
SELECT product,
       number,
       shared_name(1 + (product * 97 + number * 1009) % 200000),
       ('{5,5,3,5,4,4,5,5,2,4,3,5,2,5,1,5}'::integer[])[opinion],
       ('{Exactly what I was looking for.,Arrived quickly and well packed.,Smaller than I expected but well made.,
          I bought a second one for my sister.,It does what it should.,The colour is warmer than in the picture.,
          After a year it still looks new.,A good gift.,The instructions could be clearer.,Worth its price.,
          One corner was scratched and they sent a new one.,I use it every day.,Not for small rooms.,
          My old one lasted ten years and this one feels as solid.,Sent it back.,Better than the dear one that I had before.}'
          ::text[])[opinion],
       date '2024-01-01' + (product * 13 + number * 89) % 900
FROM generate_series(1, 5000) AS product,
     generate_series(1, (product * 5) % 8) AS number,
     LATERAL (SELECT 1 + (product * 3 + number * 5) % 16 AS opinion OFFSET 0) AS kind;

ANALYZE shared_brands, shared_categories, shared_products, shared_stock, shared_reviews;
