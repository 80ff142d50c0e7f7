-- How each index was read in a window, partitions apart.
-- $1 the window's snapshots
select pg_catalog.row_to_json(x)::text as row
from (
    select
        d.oid,
        pg_catalog.max(d.root) as root,
        pg_catalog.sum(d.scans) as scans,
        pg_catalog.sum(d.entries) as entries
    from index_delta as d
    where d.snapshot_id = any ($1::bigint[])
    group by d.oid
) as x
