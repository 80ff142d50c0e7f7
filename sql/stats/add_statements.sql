-- Adds the differences of a snapshot.
-- $1 the snapshot, $2 the differences as a JSON array, by the names of the columns
insert into statement_delta (snapshot_id, fingerprint, database_oid, user_oid, calls, exec_ms, exec_ms_squared, plan_ms, rows, hit, read, dirtied, written, temp, io_ms, wal_bytes, max_ms)
select $1, d.fingerprint, d.database_oid, d.user_oid, d.calls, d.exec_ms, d.exec_ms_squared, d.plan_ms, d.rows, d.hit, d.read, d.dirtied, d.written, d.temp, d.io_ms, d.wal_bytes, d.max_ms
from pg_catalog.json_populate_recordset(null::statement_delta, $2::text::json) as d
