-- How each index was read in a window, partitions apart.
-- $1 from, $2 to
select pg_catalog.row_to_json(x)::text as row
from (
    select
        d.oid,
        pg_catalog.max(d.root) as root,
        pg_catalog.sum(d.scans) as scans,
        pg_catalog.sum(d.entries) as entries
    from snapshot as s
    join index_delta as d on d.snapshot_id = s.id
    where s.began + (s.at - s.began) / 2 between $1::timestamptz and $2::timestamptz
    group by d.oid
) as x
