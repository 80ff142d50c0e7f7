-- One more statement is done.
update {log}
set stmt_done = stmt_done + 1, stmt_sha256 = stmt_sha256 || {sha256}::text
where id = (select pg_catalog.max(id) from {log} where history = {history} and version = {version})
