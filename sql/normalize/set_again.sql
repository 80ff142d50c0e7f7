-- Rows are made again by a mapping that may have changed, while keys are noted beside.
update {backfill}
set phase = 'settle', mapping = {mapping}, switched = pg_catalog.pg_current_xact_id(), updated = pg_catalog.clock_timestamp()
where name = {name}
