-- $1 name, $2 whether nothing was found
update backfill set verified = pg_catalog.clock_timestamp(), verified_clean = $2 where name = $1
