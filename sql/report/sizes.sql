-- Sizes of tables and materialized views, partitions rolled up to the partitioned table. Asking for a true size waits
-- while somebody holds, or waits for, an ACCESS EXCLUSIVE lock on the table, its indexes or its TOAST table: of such a
-- table the catalog's size of the last vacuum or analyze must do, as it must for all when true ones are not wanted.
-- $1 whether each partition stands for itself, $2 whether true sizes are wanted
with locked as materialized (
    select l.relation as oid
    from pg_catalog.pg_locks as l
    where l.mode = 'AccessExclusiveLock' and l.locktype = 'relation'
      and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
), relation as materialized (
    -- A table, its indexes and its TOAST table, each under the table's oid.
    select c.oid, c.oid as owner, 'table' as part, c.relpages
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), part as materialized (
    select r.* from relation as r
    union all
    select c.oid, r.owner, 'index', c.relpages
    from relation as r
    join pg_catalog.pg_index as x on x.indrelid = r.oid
    join pg_catalog.pg_class as c on c.oid = x.indexrelid
    union all
    select t.oid, r.owner, 'toast', t.relpages
    from relation as r
    join pg_catalog.pg_class as c on c.oid = r.oid
    join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
    union all
    select i.oid, r.owner, 'toast', i.relpages
    from relation as r
    join pg_catalog.pg_class as c on c.oid = r.oid
    join pg_catalog.pg_index as x on x.indrelid = c.reltoastrelid
    join pg_catalog.pg_class as i on i.oid = x.indexrelid
), sized as (
    select
        p.owner, p.part,
        not $2::boolean or p.oid in (select l.oid from locked as l) as estimated,
        case when not $2::boolean or p.oid in (select l.oid from locked as l)
             then p.relpages::bigint * pg_catalog.current_setting('block_size')::bigint
             else (select pg_catalog.sum(pg_catalog.pg_relation_size(p.oid, f.fork))
                   from (values ('main'), ('fsm'), ('vm'), ('init')) as f (fork)) end::bigint as bytes
    from part as p
), table_size as (
    select
        s.owner,
        pg_catalog.bool_or(s.estimated) as estimated,
        coalesce(pg_catalog.sum(s.bytes) filter (where s.part = 'table'), 0) as table_bytes,
        coalesce(pg_catalog.sum(s.bytes) filter (where s.part = 'index'), 0) as index_bytes,
        coalesce(pg_catalog.sum(s.bytes) filter (where s.part = 'toast'), 0) as toast_bytes
    from sized as s
    group by s.owner
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(r.relname) as "table",
        pg_catalog.count(*) as partitions,
        pg_catalog.sum(greatest(c.reltuples, 0))::float8 as rows_estimate,
        pg_catalog.sum(s.table_bytes)::bigint as table_bytes,
        pg_catalog.sum(s.index_bytes)::bigint as index_bytes,
        pg_catalog.sum(s.toast_bytes)::bigint as toast_bytes,
        pg_catalog.sum(s.table_bytes + s.index_bytes + s.toast_bytes)::bigint as total_bytes,
        pg_catalog.bool_or(s.estimated) as estimated
    from table_size as s
    join pg_catalog.pg_class as c on c.oid = s.owner
    join pg_catalog.pg_class as r
        on r.oid = case when $1::boolean then c.oid else coalesce(pg_catalog.pg_partition_root(c.oid), c.oid) end
    join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
    group by n.nspname, r.relname
    order by 7 desc, 1
) as x
