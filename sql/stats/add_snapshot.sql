-- Adds a snapshot without its differences.
-- $1 the interval as JSON, by the names of the columns
insert into snapshot (began, at, captures, crashes, restarts, resets, evictions, has_statements, server_version, took_ms,
                      commits, rollbacks, hit, read, temp_bytes, deadlocks)
select s.began, s.at, s.captures, s.crashes, s.restarts, s.resets, s.evictions, s.has_statements, s.server_version,
       s.took_ms, s.commits, s.rollbacks, s.hit, s.read, s.temp_bytes, s.deadlocks
from pg_catalog.json_populate_record(null::snapshot, $1::text::json) as s
returning id
