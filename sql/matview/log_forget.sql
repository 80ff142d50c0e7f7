-- Only the newest evidence of a view is ever compared; with many partitions it is long.
-- $1 schema, $2 view, $3 the newest entry
update matview_refresh
set evidence = null
where schema_name = $1 and view_name = $2 and id < $3 and evidence is not null
