-- Bytes on disk, with indexes and TOAST, of each relation and of all partitions below it.
-- $1 oids
select c.oid,
       case c.relkind
           when 'p' then (select coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(t.relid)), 0)::bigint
                          from pg_catalog.pg_partition_tree(c.oid::regclass) as t)
           else coalesce(pg_catalog.pg_total_relation_size(c.oid::regclass), 0)
       end as bytes
from pg_catalog.pg_class as c
where c.oid = any ($1::oid[])
