-- The planner's estimate of rows, and bytes with indexes and TOAST, of some tables together.
-- $1 oids
select pg_catalog.sum(greatest(c.reltuples, 0))::float8 as rows,
       pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid))::bigint as bytes
from pg_catalog.pg_class as c
where c.oid = any ($1::oid[])
