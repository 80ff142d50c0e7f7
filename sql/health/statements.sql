-- Statements of this database with the highest mean times, and how full pg_stat_statements is. The numbers are
-- visible to every role; the text of others' statements is not.
-- Holes: schema, of the extension; least_calls, of which a mean is worth a word.
with s as materialized (
    select s.dbid, s.queryid, s.calls, s.mean_exec_time, s.total_exec_time, s.query
    from {schema}.pg_stat_statements as s
),
d as (
    select s.queryid, s.calls, s.mean_exec_time as mean_ms,
           100 * s.total_exec_time / nullif(pg_catalog.sum(s.total_exec_time) over (), 0) as share_pct,
           pg_catalog.left(pg_catalog.regexp_replace(s.query, '\s+', ' ', 'g'), 120) as query
    from s
    join pg_catalog.pg_database as b on b.oid = s.dbid
    where b.datname = pg_catalog.current_database()
)
select pg_catalog.jsonb_build_object(
    'entries', (select pg_catalog.count(*) from s),
    'dealloc', (select i.dealloc from {schema}.pg_stat_statements_info as i),
    'since_s', (select extract(epoch from pg_catalog.clock_timestamp() - i.stats_reset)::float8
                from {schema}.pg_stat_statements_info as i),
    'slowest', (select coalesce(pg_catalog.jsonb_agg(x), '[]') from (
        select d.queryid::text as id, d.calls, d.mean_ms, coalesce(d.share_pct, 0) as share_pct, d.query
        from d where d.mean_ms >= 1 and d.calls >= {least_calls}::float8
        order by d.mean_ms desc limit 500) as x)
)::text as statements
