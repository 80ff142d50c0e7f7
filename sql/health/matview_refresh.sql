-- When each materialized view was last refreshed to the end, and whether a refresh has failed since.
-- Holes: schema, of the log; now.
select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
           'oid', c.oid::bigint,
           'done_s', extract(epoch from {now}::timestamptz - d.finished)::float8,
           'failed', exists (
               select from {schema}.matview_refresh as f
               where f.schema_name = n.nspname and f.view_name = c.relname and f.outcome = 'failed'
                 and f.started > coalesce(d.started, '-infinity')))), '[]')::text as refreshes
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join lateral (
    select r.started, r.finished
    from {schema}.matview_refresh as r
    where r.schema_name = n.nspname and r.view_name = c.relname and r.outcome = 'done'
    order by r.started desc
    limit 1
) as d on true
where c.relkind = 'm'
