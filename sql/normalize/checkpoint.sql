-- How far the load has come, in the transaction of the rows themselves.
update {backfill}
set reached = {reached}, counts = {counts}, load_ms = load_ms + {milliseconds}, updated = pg_catalog.clock_timestamp()
where name = {name}
