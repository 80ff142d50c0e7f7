-- A transaction of its own, which has a number: whoever began before its end may not see what was done before it.
select pg_catalog.pg_current_xact_id()::text as id
