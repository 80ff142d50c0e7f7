update {backfill} set phase = {phase}, updated = pg_catalog.clock_timestamp() where name = {name}
