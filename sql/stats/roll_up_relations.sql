-- Adds up the differences of the snapshots that have just been summed.
-- $1 the sums
insert into relation_delta (
    snapshot_id, oid, root, seq_scans, seq_rows, index_scans, index_rows, inserted, updated, hot_updated, deleted,
    table_hit, table_read, index_hit, index_read
)
select
    s.part_of, d.oid, d.root, pg_catalog.sum(d.seq_scans), pg_catalog.sum(d.seq_rows), pg_catalog.sum(d.index_scans),
    pg_catalog.sum(d.index_rows), pg_catalog.sum(d.inserted), pg_catalog.sum(d.updated), pg_catalog.sum(d.hot_updated),
    pg_catalog.sum(d.deleted), pg_catalog.sum(d.table_hit), pg_catalog.sum(d.table_read), pg_catalog.sum(d.index_hit),
    pg_catalog.sum(d.index_read)
from snapshot as s
join relation_delta as d on d.snapshot_id = s.id
where s.part_of = any ($1::bigint[])
group by s.part_of, d.oid, d.root
order by s.part_of, d.oid
