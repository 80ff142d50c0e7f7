-- Logins. $1, $2 timestamptz: only of this span.
insert into user_sessions (
    id, user_id, token_hash, ip_address, user_agent, created_at, last_seen_at, expires_at, revoked_at
)
with login as materialized (
    select
        n,
        at,
        power(pg_temp.chance(n, 41), 3) as stay,
        pg_temp.chance(n, 42) < 0.3 as logged_out
    from pg_temp.moments((select sessions from life), $1, $2, 40)
),
visit as materialized (
    select *, least(now, at + interval '10 hours' * stay) as seen
    from login
    cross join life
)
select
    md5('session' || n)::uuid,
    pg_temp.person(n, 43),
    md5('token' || n) || md5('salt' || n),
    inet '10.20.0.0' + floor(65000 * pg_temp.chance(n, 44))::bigint,
    (array[
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/129.0', 'Mozilla/5.0 (Macintosh) Safari/605.1.15',
        'BismanApp/2.4 (Android 14)', 'BismanApp/2.3 (iOS 17.5)', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0'
    ])[1 + floor(5 * pg_temp.chance(n, 45))::integer],
    at,
    seen,
    at + interval '14 days',
    case when logged_out then seen end
from visit
