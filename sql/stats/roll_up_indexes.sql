-- Adds up the differences of the snapshots that have just been summed.
-- $1 the sums
insert into index_delta (
    snapshot_id, oid, root, scans, entries
)
select
    s.part_of, d.oid, d.root, pg_catalog.sum(d.scans), pg_catalog.sum(d.entries)
from snapshot as s
join index_delta as d on d.snapshot_id = s.id
where s.part_of = any ($1::bigint[])
group by s.part_of, d.oid, d.root
order by s.part_of, d.oid
