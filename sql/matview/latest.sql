-- Of each materialized view the last refresh that succeeded, with the durations of those before it, oldest first.
select pg_catalog.jsonb_build_object(
    'schema', l.schema_name,
    'name', l.view_name,
    'mode', l.mode,
    'started', l.started,
    'rows', l.rows_after,
    'evidence', l.evidence,
    'view_xmin', l.view_xmin,
    'definition', l.definition,
    'followed', exists (
        select
        from {schema}.matview_refresh as r
        where r.schema_name = l.schema_name and r.view_name = l.view_name and r.started > l.started),
    'durations_ms', (
        select pg_catalog.jsonb_agg(d.duration_ms order by d.id)
        from (select r.id, r.duration_ms
              from {schema}.matview_refresh as r
              where r.schema_name = l.schema_name and r.view_name = l.view_name and r.outcome = 'done'
              order by r.started desc
              limit 12) as d)
)::text as latest
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    select r.*
    from {schema}.matview_refresh as r
    where r.schema_name = n.nspname and r.view_name = c.relname and r.outcome = 'done'
    order by r.started desc
    limit 1
) as l
where c.relkind = 'm'
