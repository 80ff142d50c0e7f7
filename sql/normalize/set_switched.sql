update {backfill}
set phase = 'settle', switched = pg_catalog.pg_current_xact_id(), updated = pg_catalog.clock_timestamp()
where name = {name}
