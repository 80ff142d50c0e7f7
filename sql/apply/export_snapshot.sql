-- What this transaction sees, for another session to see the same.
select pg_catalog.pg_export_snapshot()
