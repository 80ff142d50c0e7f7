-- What the lint asks of the tables that a migration names, a row and a JSON document for each that there is. The name of
-- an index stands for its table. A partitioned table has the sums of its partitions.
-- $1 schemas (null: search the path), $2 names, $3 the search path
with wanted as (
    select w.number, w.schema, w.name
    from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) with ordinality as w(schema, name, number)
),
found as (
    select distinct on (w.number)
           w.number,
           coalesce(i.indrelid, c.oid) as oid
    from wanted as w
    join pg_catalog.pg_class as c on c.relname = w.name::name and c.relkind in ('r', 'p', 'm', 'f', 'v', 'i', 'I')
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_index as i on i.indexrelid = c.oid
    left join pg_catalog.unnest($3::text[]) with ordinality as path(schema, place) on path.schema = n.nspname::text
    where n.nspname::text = w.schema
       or (w.schema is null and path.place is not null)
    order by w.number, path.place
),
-- Averages over less than this say nothing.
age as (
    select case when s.seconds > 60 then s.seconds end as seconds
    from (
        select extract(epoch from pg_catalog.now() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time())) as seconds
        from pg_catalog.pg_stat_database as d
        where d.datname = pg_catalog.current_database()
    ) as s
)
select f.number,
       pg_catalog.jsonb_build_object(
           'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
           'kind', c.relkind,
           'rows', size.rows,
           'bytes', size.bytes,
           'writes_per_second', size.writes / age.seconds,
           'partition_key', coalesce(
               (select pg_catalog.jsonb_agg(coalesce(a.attname::text, '(expression)') order by k.place)
                from pg_catalog.pg_partitioned_table as t
                cross join lateral pg_catalog.unnest(t.partattrs::smallint[]) with ordinality as k(attnum, place)
                left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0
                where t.partrelid = c.oid),
               '[]'),
           'parent',
               (select pg_catalog.format('%I.%I', pn.nspname, p.relname)
                from pg_catalog.pg_inherits as h
                join pg_catalog.pg_class as p on p.oid = h.inhparent and p.relkind = 'p'
                join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
                where h.inhrelid = c.oid),
           'default_partition',
               (select pg_catalog.format('%I.%I', dn.nspname, d.relname)
                from pg_catalog.pg_partitioned_table as t
                join pg_catalog.pg_class as d on d.oid = t.partdefid
                join pg_catalog.pg_namespace as dn on dn.oid = d.relnamespace
                where t.partrelid = c.oid and pg_catalog.pg_relation_size(d.oid) > 0),
           'referenced_by', coalesce(
               (select pg_catalog.jsonb_agg(pg_catalog.format('%I of %I.%I', k.conname, rn.nspname, r.relname) order by k.conname)
                from pg_catalog.pg_constraint as k
                join pg_catalog.pg_class as r on r.oid = k.conrelid
                join pg_catalog.pg_namespace as rn on rn.oid = r.relnamespace
                where k.contype = 'f' and k.confrelid = c.oid and k.conparentid = 0),
               '[]'),
           'checks', coalesce(
               (select pg_catalog.jsonb_agg(pg_catalog.pg_get_expr(k.conbin, k.conrelid))
                from pg_catalog.pg_constraint as k
                where k.contype = 'c' and k.convalidated and k.conrelid = c.oid),
               '[]'),
           'not_null', coalesce(
               (select pg_catalog.jsonb_agg(a.attname)
                from pg_catalog.pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and a.attnotnull and not a.attisdropped
                  -- Since PostgreSQL 18 the constraint may be one that is not valid yet.
                  and not exists (
                      select from pg_catalog.pg_constraint as k
                      where k.conrelid = c.oid and k.contype = 'n' and not k.convalidated and a.attnum = any (k.conkey))),
               '[]'),
           'types', coalesce(
               (select pg_catalog.jsonb_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                from pg_catalog.pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
               '{}'),
           'indexes', coalesce(
               (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                           'name', ic.relname,
                           'unique', i.indisunique,
                           'valid', i.indisvalid,
                           'method', m.amname,
                           'keys', keys.keys,
                           'include', keys.include,
                           'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid)))
                from pg_catalog.pg_index as i
                join pg_catalog.pg_class as ic on ic.oid = i.indexrelid
                join pg_catalog.pg_am as m on m.oid = ic.relam
                cross join lateral (
                    select coalesce(pg_catalog.jsonb_agg(
                               pg_catalog.pg_get_indexdef(i.indexrelid, k.place, true)
                               || case when o.opcdefault then '' else ' ' || o.opcname::text end
                               || case when i.indoption[k.place - 1] & 1 = 1 then ' desc' else '' end
                               || case i.indoption[k.place - 1]
                                      when 1 then ' nulls last'
                                      when 2 then ' nulls first'
                                      else ''
                                  end
                               order by k.place) filter (where k.place <= i.indnkeyatts), '[]') as keys,
                           coalesce(pg_catalog.jsonb_agg(
                               pg_catalog.pg_get_indexdef(i.indexrelid, k.place, true)
                               order by k.place) filter (where k.place > i.indnkeyatts), '[]') as include
                    from pg_catalog.generate_series(1, i.indnatts) as k(place)
                    left join pg_catalog.pg_opclass as o on o.oid = i.indclass[k.place - 1]
                ) as keys
                where i.indrelid = c.oid),
               '[]'),
           'policies', (select pg_catalog.count(*) from pg_catalog.pg_policy as p where p.polrelid = c.oid)
       ) as facts
from found as f
join pg_catalog.pg_class as c on c.oid = f.oid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join age
cross join lateral (
    -- A partition that nobody has analyzed yet leaves the sum unknown.
    select case when pg_catalog.min(l.reltuples) >= 0 then pg_catalog.sum(l.reltuples)::float8 end as rows,
           coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(l.oid)), 0)::bigint as bytes,
           pg_catalog.sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::float8 as writes
    from (
        select c.oid
        where c.relkind <> 'p'
        union all
        select t.relid
        from pg_catalog.pg_partition_tree(c.oid) as t
        where c.relkind = 'p' and t.isleaf
    ) as leaf
    join pg_catalog.pg_class as l on l.oid = leaf.oid and l.relkind in ('r', 'm')
    left join pg_catalog.pg_stat_user_tables as s on s.relid = l.oid
) as size
