-- Adds the differences of a snapshot.
-- $1 the snapshot, $2 the differences as a JSON array, by the names of the columns
insert into index_delta (snapshot_id, oid, root, scans, entries)
select $1, d.oid, d.root, d.scans, d.entries
from pg_catalog.json_populate_recordset(null::index_delta, $2::text::json) as d
