-- A tenth as many people as messages, with their sessions and their waits. One message.
insert into users (id, username, "displayName", region, rating, "isOnline", "lastSeenAt", "createdAt", "deletedAt")
select
    md5('user' || n)::uuid,
    (array['anna', 'Ben', 'chidi', 'Dora', 'elif', 'Finn', 'gita', 'Hugo', 'ines', 'Jun'])[1 + n % 10] || '_' || n,
    (array['Anna', 'Ben', 'Chidi', 'Dora', 'Elif', 'Finn', 'Gita', 'Hugo', 'Ines', 'Jun'])[1 + n % 10],
    (array['eu', 'eu', 'us', 'us', 'asia', 'me'])[1 + floor(6 * pg_temp.chance(n, 1))::integer],
    700 + floor(300 * (pg_temp.chance(n, 2) + pg_temp.chance(n, 3)))::integer,
    seen > now - interval '10 minutes',
    seen,
    now - interval '400 days' - interval '200 days' * pg_temp.chance(n, 5),
    case when pg_temp.chance(n, 6) < 0.02 then seen end
from life
cross join lateral generate_series(1, greatest(1000, total / 10)) as n
cross join lateral (select now - interval '90 days' * power(pg_temp.chance(n, 4), 4)) as last (seen);

insert into sessions (id, "userId", "tokenHash", "createdAt", "expiresAt", "revokedAt")
select
    md5('session' || n)::uuid,
    md5('user' || (1 + n % greatest(1000, total / 10)))::uuid,
    md5('token' || n) || md5('salt' || n),
    at,
    at + interval '30 days',
    case when pg_temp.chance(n, 11) < 0.7 then least(now, at + interval '2 days' * pg_temp.chance(n, 12)) end
from life
cross join lateral generate_series(1, greatest(3000, total / 3)) as n
cross join lateral (select pg_temp.moment(n, greatest(3000, total / 3), 13, now, 180, 13, 21)) as began (at);

insert into queue_entries ("userId", region, rating, status, "joinedAt", "leftAt")
select
    person.id,
    person.region,
    person.rating,
    case when waits then 'waiting' when pg_temp.chance(n, 21) < 0.9 then 'matched' else 'left' end,
    case when waits then now - interval '3 minutes' * pg_temp.chance(n, 22) else at end,
    case when not waits then least(now, at + interval '50 seconds' * pg_temp.chance(n, 23)) end
from life
cross join lateral generate_series(1, greatest(3000, total / 3)) as n
-- The last ones wait, each of them once.
cross join lateral (
    select n > greatest(3000, total / 3) - 200, pg_temp.moment(n, greatest(3000, total / 3), 24, now, 180, 13, 21)
) as entry (waits, at)
join users as person on person.id = md5('user' || (1 + n % greatest(1000, total / 10)))::uuid
