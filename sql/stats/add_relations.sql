-- Adds the differences of a snapshot.
-- $1 the snapshot, $2 the differences as a JSON array, by the names of the columns
insert into relation_delta (snapshot_id, oid, root, seq_scans, seq_rows, index_scans, index_rows, inserted, updated, hot_updated, deleted, table_hit, table_read, index_hit, index_read)
select $1, d.oid, d.root, d.seq_scans, d.seq_rows, d.index_scans, d.index_rows, d.inserted, d.updated, d.hot_updated, d.deleted, d.table_hit, d.table_read, d.index_hit, d.index_read
from pg_catalog.json_populate_recordset(null::relation_delta, $2::text::json) as d
