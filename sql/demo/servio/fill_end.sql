-- Identity columns go on where the rows end.
select
    setval(pg_get_serial_sequence('customers', 'id'), (select max(id) from customers)),
    setval(pg_get_serial_sequence('orders', 'id'), (select max(id) from orders))
