-- The entry of a file that was done as a whole.
insert into {log} (set_name, history, version, name, sha256, mode, status, stmt_done, stmt_total, started_at, finished_at,
                   duration_ms, tool_version)
select {set}, {history}, {version}, {name}, {sha256}, {mode}, {status}, {statements}, {statements},
       pg_catalog.transaction_timestamp(), pg_catalog.clock_timestamp(),
       extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp()) * 1000, {tool}
