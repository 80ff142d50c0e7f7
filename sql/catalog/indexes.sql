-- Indexes with all that tells one from another, their use and their size, one JSON value each. A table that somebody
-- has locked, or waits to lock, would hold up the reading of its expressions: these are left out, and `locked` says so.
-- $1 oids of the tables (null: every table that is not the system's)
with exclusive as materialized (
    select distinct l.relation
    from pg_catalog.pg_locks as l
    where l.locktype = 'relation'
      and l.mode = 'AccessExclusiveLock'
      and l.pid <> pg_catalog.pg_backend_pid()
      and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
),
found as materialized (
    select i.*,
           c.relname, c.relkind, c.relam, c.reloptions, c.reltablespace, c.relnamespace, c.relpages,
           t.relname as table_name, t.relkind as table_kind, tn.nspname as table_schema, n.nspname,
           -- PostgreSQL 14 has no such column.
           coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls_not_distinct,
           exists (select from exclusive as x where x.relation in (i.indrelid, i.indexrelid)) as locked
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
    where case
              when $1::oid[] is null
                  then n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and t.relpersistence <> 't'
              else i.indrelid = any ($1::oid[])
          end
)
select pg_catalog.jsonb_build_object(
    'oid', f.indexrelid::bigint,
    'schema', f.nspname,
    'name', f.relname,
    'partitioned', f.relkind = 'I',
    'table_oid', f.indrelid::bigint,
    'table_schema', f.table_schema,
    'table_name', f.table_name,
    'table_kind', f.table_kind,
    'parent', (select h.inhparent::bigint from pg_catalog.pg_inherits as h where h.inhrelid = f.indexrelid),
    'method', (select m.amname from pg_catalog.pg_am as m where m.oid = f.relam),
    'unique', f.indisunique,
    'nulls_not_distinct', f.nulls_not_distinct,
    'valid', f.indisvalid and f.indisready and f.indislive,
    'primary', f.indisprimary,
    'exclusion', f.indisexclusion,
    'replica_identity', f.indisreplident,
    'clustered', f.indisclustered,
    'constraint', (
        select k.conname from pg_catalog.pg_constraint as k
        where k.conindid = f.indexrelid and k.conrelid = f.indrelid and k.contype in ('p', 'u', 'x')
        limit 1),
    -- A foreign key of another table relies on it.
    'referenced', exists (select from pg_catalog.pg_constraint as k
                          where k.conindid = f.indexrelid and k.contype = 'f'),
    'building', exists (select from pg_catalog.pg_stat_progress_create_index as p
                        where p.index_relid = f.indexrelid and p.command like 'CREATE%'),
    'locked', f.locked,
    'keys', (
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'column', a.attname,
            'expression', case when a.attname is null and not f.locked
                               then pg_catalog.pg_get_indexdef(f.indexrelid, k.place::integer, false) end,
            'collation', case when k.collation_oid <> 0 then pg_catalog.jsonb_build_object(
                'schema', ln.nspname,
                'name', l.collname,
                'usual', case when a.attname is null then k.collation_oid = 'pg_catalog.default'::regcollation
                              else k.collation_oid = a.attcollation end) end,
            'opclass', pg_catalog.jsonb_build_object(
                'schema', onsp.nspname,
                'name', o.opcname,
                'usual', o.opcdefault and not exists (
                    select from pg_catalog.pg_opclass as other
                    where other.opcmethod = o.opcmethod and other.opcdefault and other.oid <> o.oid
                      and other.opcintype = coalesce(a.atttypid, own.atttypid)),
                'parameters', coalesce(own.attoptions, '{}')),
            'descending', (k.option & 1) <> 0,
            'nulls_first', (k.option & 2) <> 0) order by k.place)
        from rows from (
            pg_catalog.unnest((f.indkey::smallint[])[0:f.indnkeyatts - 1]),
            pg_catalog.unnest(f.indclass::oid[]),
            pg_catalog.unnest(f.indcollation::oid[]),
            pg_catalog.unnest(f.indoption::smallint[])
        ) with ordinality as k(attribute, opclass, collation_oid, option, place)
        join pg_catalog.pg_attribute as own on own.attrelid = f.indexrelid and own.attnum = k.place
        left join pg_catalog.pg_attribute as a
            on a.attrelid = f.indrelid and a.attnum = k.attribute and k.attribute <> 0
        left join pg_catalog.pg_collation as l on l.oid = k.collation_oid
        left join pg_catalog.pg_namespace as ln on ln.oid = l.collnamespace
        join pg_catalog.pg_opclass as o on o.oid = k.opclass
        join pg_catalog.pg_namespace as onsp on onsp.oid = o.opcnamespace),
    'include', coalesce((
        select pg_catalog.jsonb_agg(a.attname order by k.place)
        from pg_catalog.unnest((f.indkey::smallint[])[f.indnkeyatts:]) with ordinality as k(attribute, place)
        join pg_catalog.pg_attribute as a on a.attrelid = f.indrelid and a.attnum = k.attribute), '[]'),
    'partial', f.indpred is not null,
    'predicate', case when not f.locked then pg_catalog.pg_get_expr(f.indpred, f.indrelid) end,
    'options', coalesce(f.reloptions, '{}'),
    'tablespace', (select s.spcname from pg_catalog.pg_tablespace as s where s.oid = f.reltablespace),
    'bytes', case when f.relkind = 'I' then 0
                  when f.locked then f.relpages::bigint * pg_catalog.current_setting('block_size')::bigint
                  else pg_catalog.pg_relation_size(f.indexrelid) end,
    'scans', coalesce(pg_catalog.pg_stat_get_numscans(f.indexrelid), 0),
    -- PostgreSQL 16 and newer.
    'last_scan', (
        select pg_catalog.to_jsonb(s) ->> 'last_idx_scan'
        from pg_catalog.pg_stat_all_indexes as s where s.indexrelid = f.indexrelid)
) as index
from found as f
order by f.table_schema, f.table_name, f.relname
