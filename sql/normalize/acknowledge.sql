-- Somebody has seen these rejects and takes the rows for complete without them.
-- $1 name of the mapping, $2 reason or null
update reject set acknowledged = pg_catalog.clock_timestamp()
where name = $1 and acknowledged is null and ($2::text is null or reason = $2)
