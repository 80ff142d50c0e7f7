-- Somebody orders. $1 bigint: a number not used before.
insert into orders (restaurant_id, number, total)
values (1 + $1::bigint % 40, 1000000 + $1::bigint, 12.50)
