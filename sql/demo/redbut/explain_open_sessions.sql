-- How the server answers it, for the days that a tablet shows.
explain (costs off)
select session_id, table_number, created_at
from users
where waiter_id = 3 and session_id not like 'CLOSED_%' and created_at > now() - interval '2 days'
order by created_at desc
