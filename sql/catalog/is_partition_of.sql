-- Whether a table is a partition of another one; a detach that is pending counts as one.
-- $1 the partition, $2 the partitioned table
select exists (
           select from pg_catalog.pg_inherits as i where i.inhrelid = $1::oid and i.inhparent = $2::oid
       ) as is_partition
