-- Identity columns go on where the rows end.
select
    setval(pg_get_serial_sequence('users', 'id'), (select max(id) from users)),
    setval(pg_get_serial_sequence('expenses', 'id'), (select max(id) from expenses)),
    setval(pg_get_serial_sequence('client_usage_events', 'id'), (select max(id) from client_usage_events)),
    setval(pg_get_serial_sequence('audit_logs', 'id'), (select max(id) from audit_logs))
