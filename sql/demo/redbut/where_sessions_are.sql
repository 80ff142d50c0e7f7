-- Nothing was lost.
select
    (select count(*) from users) as users,
    (select count(*) from users where session_id not like 'CLOSED_%') as open,
    (select count(*) from users_closed) as users_closed
