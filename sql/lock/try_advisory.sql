-- One run per target: the lock lives as long as the session that does the work.
-- $1 the object's oid; 1885826148 is 'pgtd' read as a number.
select pg_catalog.pg_try_advisory_lock(1885826148, $1::oid::integer) as taken
