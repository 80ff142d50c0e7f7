-- A waiter's tablet: who sits at my tables?
select session_id, table_number, created_at
from users
where waiter_id = 3 and session_id not like 'CLOSED_%'
order by created_at desc
