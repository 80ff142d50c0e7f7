-- Closes the log's entry of a refresh.
-- $1 id, $2 outcome, $3 duration, $4 rows, $5 bytes, $6 WAL bytes, $7 temporary bytes, $8 how long readers were held,
-- $9 pg_class.xmin and $10 pg_rewrite.xmin of the view, $11 error
update matview_refresh
set finished = pg_catalog.clock_timestamp(),
    outcome = $2,
    duration_ms = $3,
    rows_after = $4,
    bytes_after = $5,
    wal_bytes = $6,
    temp_bytes = $7,
    readers_held_ms = $8,
    view_xmin = $9,
    definition = $10,
    error = $11
where id = $1
