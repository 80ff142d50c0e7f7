-- How far the load is to go.
update {backfill} set high_water = {key}, updated = pg_catalog.clock_timestamp() where name = {name}
