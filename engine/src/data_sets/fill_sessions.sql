-- 20,000 people who are logged in.
TRUNCATE shared_sessions;

INSERT INTO shared_sessions (id, person, name, device, cart, began, expires)
SELECT number,
       person,
       shared_name(person),
       ('{Chrome on Windows,Chrome on Android,Safari on an iPhone,Firefox on Windows,Safari on macOS,Chrome on macOS,
          Edge on Windows,Firefox on Linux,Chrome on Android,Safari on an iPad}'::text[])[1 + (number * 3 + number / 10) % 10],
       ARRAY(SELECT 'product:' || 1 + (number * 71 + place * 1013) % 5000 FROM generate_series(1, number % 4) AS place),
       began,
       began + interval '14 days'
FROM (
    SELECT number,
           1 + (number * 7919) % 200000 AS person,
           timestamp '2026-01-05 06:00' + number % 14 * interval '1 day' + (number * 613) % 57600 * interval '1 second' AS began
    FROM generate_series(1, 20000) AS number
    OFFSET 0
) AS numbered;

ANALYZE shared_sessions;
