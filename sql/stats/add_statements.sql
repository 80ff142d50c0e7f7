-- Adds the differences of a snapshot.
-- $1 the snapshot, then one array for each column
insert into statement_delta (
    snapshot_id, fingerprint, database_oid, user_oid, calls, exec_ms, plan_ms, rows, hit, read, dirtied, written, temp,
    io_ms, wal_bytes, exec_ms_squared, max_ms
)
select $1, d.*
from rows from (
    pg_catalog.unnest($2::bigint[]), pg_catalog.unnest($3::bigint[]), pg_catalog.unnest($4::bigint[]),
    pg_catalog.unnest($5::float8[]), pg_catalog.unnest($6::float8[]), pg_catalog.unnest($7::float8[]),
    pg_catalog.unnest($8::float8[]), pg_catalog.unnest($9::float8[]), pg_catalog.unnest($10::float8[]),
    pg_catalog.unnest($11::float8[]), pg_catalog.unnest($12::float8[]), pg_catalog.unnest($13::float8[]),
    pg_catalog.unnest($14::float8[]), pg_catalog.unnest($15::float8[]), pg_catalog.unnest($16::float8[]),
    pg_catalog.unnest($17::float8[])
) as d
