-- Somebody comes in. $1 bigint: a number not used before.
insert into visits (customer_id, channel) values (1 + $1::bigint % 500, 'shop')
