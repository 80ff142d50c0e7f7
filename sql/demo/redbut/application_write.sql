-- Guests sit down. $1 bigint: a number not used before.
insert into users (session_id, waiter_id, table_number)
values (md5('demo' || $1::bigint), 1 + $1 % 40, 1 + $1 % 60)
