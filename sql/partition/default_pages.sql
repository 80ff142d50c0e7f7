-- Whether a default partition, with everything below it, has no page on disk.
select coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(t.relid)), 0) = 0 as empty
from pg_catalog.pg_partition_tree({oid}) as t
