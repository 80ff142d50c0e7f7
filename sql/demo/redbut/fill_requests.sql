-- What they asked for.
insert into requests (user_id, kind, created_at, done_at)
select
    id,
    (array['order', 'water', 'waiter', 'bill'])[place],
    asked,
    case when session_id like 'CLOSED_%' then least(now, asked + interval '6 minutes' * pg_temp.chance(id, 21)) end
from users
cross join life
cross join lateral generate_series(1, 1 + (id % 4)) as place
cross join lateral (select least(now, created_at + interval '20 minutes' * place)) as at (asked)
