-- Only the newest evidence of a view is ever compared; with many partitions it is long. What is older than a year and a
-- month goes altogether.
-- $1 schema, $2 view, $3 the newest entry
with old as (
    delete from matview_refresh
    where schema_name = $1 and view_name = $2 and id < $3
      and started < pg_catalog.clock_timestamp() - interval '13 months'
)
update matview_refresh
set evidence = null
where schema_name = $1 and view_name = $2 and id < $3 and evidence is not null
  and started >= pg_catalog.clock_timestamp() - interval '13 months'
