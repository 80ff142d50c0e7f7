-- The whole file is done.
update {log}
set status = 'ok',
    sha256 = {sha256},
    tool_version = {tool},
    finished_at = pg_catalog.clock_timestamp(),
    duration_ms = extract(epoch from pg_catalog.clock_timestamp() - started_at) * 1000
where id = (select pg_catalog.max(id) from {log} where history = {history} and version = {version})
