-- Gives the target back for the next run.
-- $1 the object's oid
select pg_catalog.pg_advisory_unlock(1885826148, $1::oid::integer) as released
