-- Tables and materialized views with what the statistics and the catalog know of each, partitions rolled up to the
-- partitioned table. Sizes are the catalog's of the last vacuum or analyze: asking for true ones would wait for locks.
-- Before PostgreSQL 16: when a table was last read is not known.
-- $1 whether each partition stands for itself
with settings as (
    select
        pg_catalog.current_setting('block_size')::bigint as block,
        pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8 as threshold,
        pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8 as scale,
        pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint as freeze_max_age
), parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'p'
), leaf as materialized (
    select
        c.oid,
        case when $1::boolean then c.oid else coalesce(p.root, c.oid) end as root,
        greatest(c.reltuples, 0)::float8 as row_count,
        c.reltuples < 0 as never_analyzed,
        (c.relpages + coalesce(i.pages, 0) + coalesce(t.relpages, 0))::bigint * s.block as bytes,
        pg_catalog.pg_stat_get_live_tuples(c.oid) as live,
        pg_catalog.pg_stat_get_dead_tuples(c.oid) as dead,
        pg_catalog.pg_stat_get_mod_since_analyze(c.oid) as changed,
        greatest(pg_catalog.pg_stat_get_last_vacuum_time(c.oid),
                 pg_catalog.pg_stat_get_last_autovacuum_time(c.oid)) as last_vacuum,
        greatest(pg_catalog.pg_stat_get_last_analyze_time(c.oid),
                 pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid)) as last_analyze,
        null::timestamptz as last_read,
        pg_catalog.age(c.relfrozenxid)::bigint as freeze_age,
        pg_catalog.mxid_age(c.relminmxid)::bigint as multixact_age,
        coalesce(o.threshold, s.threshold) + coalesce(o.scale, s.scale) * greatest(c.reltuples, 0) as due_at,
        not coalesce(o.enabled, true) as autovacuum_off
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    cross join settings as s
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
    left join lateral (
        select pg_catalog.sum(d.relpages) as pages
        from pg_catalog.pg_index as x
        join pg_catalog.pg_class as d on d.oid = x.indexrelid
        where x.indrelid = c.oid
    ) as i on true
    left join lateral (
        select
            pg_catalog.max(r.option_value) filter (where r.option_name = 'autovacuum_vacuum_threshold')::float8 as threshold,
            pg_catalog.max(r.option_value) filter (where r.option_name = 'autovacuum_vacuum_scale_factor')::float8 as scale,
            pg_catalog.bool_and(r.option_value::boolean) filter (where r.option_name = 'autovacuum_enabled') as enabled
        from pg_catalog.pg_options_to_table(c.reloptions) as r
    ) as o on c.reloptions is not null
    where c.relkind in ('r', 'm')
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
), rolled as (
    select
        l.root,
        pg_catalog.count(*) as partitions,
        pg_catalog.sum(l.row_count) as row_count,
        pg_catalog.sum(l.bytes)::bigint as bytes,
        pg_catalog.sum(l.live)::bigint as live,
        pg_catalog.sum(l.dead)::bigint as dead,
        pg_catalog.sum(l.changed)::bigint as changed,
        pg_catalog.max(l.last_vacuum) as last_vacuum,
        pg_catalog.max(l.last_analyze) as last_analyze,
        pg_catalog.max(l.last_read) as last_read,
        pg_catalog.count(*) filter (where l.never_analyzed and l.live > 0) as never_analyzed,
        pg_catalog.max(l.freeze_age) as freeze_age,
        pg_catalog.max(l.multixact_age) as multixact_age,
        pg_catalog.count(*) filter (where l.dead > l.due_at) as due,
        pg_catalog.max(100 * l.dead / nullif(l.due_at, 0)) as due_pct,
        pg_catalog.count(*) filter (where l.autovacuum_off) as autovacuum_off
    from leaf as l
    group by l.root
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        r.root::bigint as oid,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as "table",
        c.relkind = 'p' as partitioned,
        -- Autovacuum never analyzes a partitioned table itself.
        c.relkind = 'p' and c.reltuples < 0 as parent_never_analyzed,
        r.partitions, r.row_count as rows_estimate, r.bytes as size_bytes, r.live as live_rows, r.dead as dead_rows,
        r.changed as changed_since_analyze, r.last_vacuum, r.last_analyze, r.last_read, r.never_analyzed,
        r.freeze_age, r.multixact_age,
        100.0 * r.freeze_age / s.freeze_max_age as freeze_pct,
        r.due, r.due_pct, r.autovacuum_off
    from rolled as r
    join pg_catalog.pg_class as c on c.oid = r.root
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    cross join settings as s
    order by 2
) as x
