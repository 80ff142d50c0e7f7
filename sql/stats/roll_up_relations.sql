-- Sums the differences of old snapshots into those of their hour or day.
-- $1 the level to sum, $2 the level of the sums, $3 before when
insert into relation_delta (snapshot_id, oid, root, seq_scans, seq_rows, index_scans, index_rows, inserted, updated, hot_updated, deleted, table_hit, table_read, index_hit, index_read)
select n.id, d.oid, d.root, pg_catalog.sum(d.seq_scans), pg_catalog.sum(d.seq_rows), pg_catalog.sum(d.index_scans), pg_catalog.sum(d.index_rows), pg_catalog.sum(d.inserted), pg_catalog.sum(d.updated), pg_catalog.sum(d.hot_updated), pg_catalog.sum(d.deleted), pg_catalog.sum(d.table_hit), pg_catalog.sum(d.table_read), pg_catalog.sum(d.index_hit), pg_catalog.sum(d.index_read)
from snapshot as s
join relation_delta as d on d.snapshot_id = s.id
join snapshot as n
    on n.level = $2::text
   and pg_catalog.date_trunc($2::text, n.at, 'UTC') = pg_catalog.date_trunc($2::text, s.at, 'UTC')
where s.level = $1::text
  and s.at < pg_catalog.date_trunc($2::text, $3::timestamptz, 'UTC')
group by n.id, d.oid, d.root
