-- Two people, and what they said to each other. One message.
insert into matches (id, "userAId", "userBId", status, "createdAt", "endedAt")
select
    n,
    md5('user' || a)::uuid,
    md5('user' || (1 + (a + 1 + floor((people - 2) * pg_temp.chance(n, 32))::bigint) % people))::uuid,
    case when at > now - interval '15 minutes' then 'open' else 'ended' end,
    at,
    case when at <= now - interval '15 minutes' then at + interval '14 minutes' * pg_temp.chance(n, 34) end
from life
cross join lateral (select greatest(1000, total / 10), greatest(500, total / 12)) as sizes (people, pairs)
cross join lateral generate_series(1, pairs) as n
cross join lateral (
    select pg_temp.one_of(people, n, 31), pg_temp.moment(n, pairs, 33, now, 180, 13, 21)
) as pair (a, at);

insert into messages ("matchId", "senderId", content, "createdAt", "deletedAt")
select
    matches.id,
    case when pg_temp.chance(n, 42) < 0.5 then "userAId" else "userBId" end,
    (array[
        'hi', 'hello!', 'where are you from?', 'lol', 'what music do you like?', 'same here', 'really?', 'nice',
        'I have to go, it was fun to talk to you', 'do you play chess as well?', 'brb', 'ok'
    ])[1 + floor(12 * pg_temp.chance(n, 43))::integer],
    least(now, matches."createdAt" + interval '12 minutes' * pg_temp.chance(n, 44)),
    case when pg_temp.chance(n, 45) < 0.01 then least(now, matches."createdAt" + interval '20 minutes') end
from life
cross join lateral generate_series(1, total) as n
join matches on matches.id = 1 + floor(greatest(500, total / 12) * pg_temp.chance(n, 41))::bigint
order by 4
