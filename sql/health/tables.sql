-- Upkeep of tables, the worst of each kind, one row for each table that is not a partition's: rows that vacuum has
-- not taken away, autovacuum that is switched off, statistics that were never gathered. Every role may read it.
-- Holes: own, the schema of pgtend's own tables, small ones that need no advice.
with settings as (
    select pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8 as base,
           pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8 as factor
),
parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'p'
),
t as materialized (
    select c.oid, c.relname, c.relkind, c.reltuples, c.relispartition, n.nspname,
           coalesce(p.root, c.oid) as root,
           pg_catalog.pg_stat_get_dead_tuples(c.oid) as dead,
           coalesce(o.enabled, true) as vacuumed, coalesce(toast.enabled, true) as toast_vacuumed, o.base as own_base, o.factor as own_factor
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    -- Few tables have any.
    left join lateral (
        select pg_catalog.max(o.option_value) filter (where o.option_name = 'autovacuum_enabled')::boolean as enabled,
               pg_catalog.max(o.option_value) filter (where o.option_name = 'autovacuum_vacuum_threshold')::float8 as base,
               pg_catalog.max(o.option_value) filter (where o.option_name = 'autovacuum_vacuum_scale_factor')::float8
                   as factor
        from pg_catalog.pg_options_to_table(c.reloptions) as o
    ) as o on c.reloptions is not null
    left join lateral (
        select pg_catalog.max(o.option_value) filter (where o.option_name = 'autovacuum_enabled')::boolean as enabled
        from pg_catalog.pg_class as d
        cross join lateral pg_catalog.pg_options_to_table(d.reloptions) as o
        where d.oid = c.reltoastrelid and d.reloptions is not null
    ) as toast on c.reltoastrelid <> 0
    where c.relkind in ('r', 'm', 'p')
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
),
named as (
    select pg_catalog.quote_ident(r.nspname) || '.' || pg_catalog.quote_ident(r.relname) as name, r.oid as root,
           r.nspname, r.relkind as root_kind, r.reltuples as root_rows
    from t as r where not r.relispartition
),
worst as (
    select t.root,
           pg_catalog.sum(t.dead)::float8 as dead,
           -- A table may have both at zero: then autovacuum comes for a single row.
           pg_catalog.max(t.dead / greatest(1, coalesce(t.own_base, s.base)
                          + coalesce(t.own_factor, s.factor) * greatest(t.reltuples, 0))) as times
    from t cross join settings as s
    where t.relkind <> 'p'
    group by t.root
)
select pg_catalog.jsonb_build_object(
    'tables', (select pg_catalog.count(*) from named),
    'autovacuum', pg_catalog.current_setting('autovacuum')::boolean,
    'dead', (select coalesce(pg_catalog.jsonb_agg(d), '[]') from (
        select named.name, w.times as value, w.dead as rows
        from worst as w join named using (root)
        where w.dead > 0 order by w.times desc nulls last limit 50) as d),
    'unvacuumed', (select coalesce(pg_catalog.jsonb_agg(named.name order by named.name), '[]') from named
                   where exists (select from t where t.root = named.root and not t.vacuumed)),
    'toast_unvacuumed', (select coalesce(pg_catalog.jsonb_agg(named.name order by named.name), '[]') from named
                         where exists (select from t where t.root = named.root and not t.toast_vacuumed)),
    -- A partitioned table's own statistics are never gathered by autovacuum.
    'unanalyzed', (select coalesce(pg_catalog.jsonb_agg(named.name order by named.name), '[]') from named
                   where named.root_rows < 0
                     and named.nspname <> {own}
                     -- Autovacuum comes for no fewer rows, and the planner does well without statistics of them.
                     and (select pg_catalog.sum(greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid),
                                                      -- A standby counts no rows: a page of a small table holds forty.
                                                      case when pg_catalog.pg_is_in_recovery() and t.reltuples < 0
                                                           then pg_catalog.pg_relation_size(t.oid) / 200 end))
                          from t where t.root = named.root and t.relkind <> 'p')
                         > pg_catalog.current_setting('autovacuum_analyze_threshold')::float8)
)::text as tables
