-- What was done to each table in a window, partitions apart.
-- $1 the window's snapshots
select pg_catalog.row_to_json(x)::text as row
from (
    select
        d.oid,
        pg_catalog.max(d.root) as root,
        pg_catalog.sum(d.seq_scans) as seq_scans,
        pg_catalog.sum(d.seq_rows) as seq_rows,
        pg_catalog.sum(d.index_scans) as index_scans,
        pg_catalog.sum(d.index_rows) as index_rows,
        pg_catalog.sum(d.inserted) as inserted,
        pg_catalog.sum(d.updated) as updated,
        pg_catalog.sum(d.hot_updated) as hot_updated,
        pg_catalog.sum(d.deleted) as deleted,
        pg_catalog.sum(d.table_hit) as table_hit,
        pg_catalog.sum(d.table_read) as table_read,
        pg_catalog.sum(d.index_hit) as index_hit,
        pg_catalog.sum(d.index_read) as index_read
    from relation_delta as d
    where d.snapshot_id = any ($1::bigint[])
    group by d.oid
) as x
