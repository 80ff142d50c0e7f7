-- What was done of a file is known no longer: the next run begins it anew.
update {log}
set status = 'repaired', finished_at = pg_catalog.clock_timestamp()
where id = (select pg_catalog.max(id) from {log} where history = {history} and version = {version})
