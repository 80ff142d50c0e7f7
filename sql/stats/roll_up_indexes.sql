-- Sums the differences of old snapshots into those of their hour or day.
-- $1 the level to sum, $2 the level of the sums, $3 before when
insert into index_delta (snapshot_id, oid, root, scans, entries)
select n.id, d.oid, d.root, pg_catalog.sum(d.scans), pg_catalog.sum(d.entries)
from snapshot as s
join index_delta as d on d.snapshot_id = s.id
join snapshot as n
    on n.level = $2::text
   and pg_catalog.date_trunc($2::text, n.at, 'UTC') = pg_catalog.date_trunc($2::text, s.at, 'UTC')
where s.level = $1::text
  and s.at < pg_catalog.date_trunc($2::text, $3::timestamptz, 'UTC')
group by n.id, d.oid, d.root
