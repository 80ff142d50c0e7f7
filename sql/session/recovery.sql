-- What kind of server this is, for target_session_attrs: whether it is a standby, and whether a new transaction
-- could only read.
select
    pg_catalog.pg_is_in_recovery() as in_recovery,
    pg_catalog.current_setting('transaction_read_only') operator(pg_catalog.=) 'on' as read_only
