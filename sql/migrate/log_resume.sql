-- A run goes on where another was interrupted.
update {log}
set status = 'running', error = null, sqlstate = null, finished_at = null
where id = (select pg_catalog.max(id) from {log} where history = {history} and version = {version})
