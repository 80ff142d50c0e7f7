-- The partitioned table at the top of the tree that a table belongs to; the table itself when it belongs to none.
-- $1 oid of the table
select coalesce(pg_catalog.pg_partition_root($1::oid::regclass)::oid, $1::oid) as root
