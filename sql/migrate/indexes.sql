-- Indexes by name, as statements of a migration name them, with the schema that they are or will be in.
-- $1 schemas (null: looked up on the path), $2 tables (null: the index itself is named), $3 index names, $4 the path
select w.number,
       coalesce(t.schema, i.schema, w.schema, ($4::text[])[1]) as schema,
       coalesce(t.relation, i.on_table) as "table",
       i.oid,
       i.valid
from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
     with ordinality as w(schema, relation, name, number)
left join lateral (
    select n.nspname::text as schema, c.relname::text as relation
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relname = w.relation
      and c.relkind in ('r', 'p', 'm')
      and case when w.schema is null then n.nspname = any ($4::text[]) else n.nspname = w.schema end
    order by pg_catalog.array_position($4::text[], n.nspname::text)
    limit 1
) as t on true
left join lateral (
    select n.nspname::text as schema, c.oid, x.indisvalid and x.indisready as valid, r.relname::text as on_table
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_index as x on x.indexrelid = c.oid
    join pg_catalog.pg_class as r on r.oid = x.indrelid
    where c.relname = w.name
      and case
              when t.schema is not null then n.nspname = t.schema
              when w.schema is not null then n.nspname = w.schema
              else n.nspname = any ($4::text[])
          end
    order by pg_catalog.array_position($4::text[], n.nspname::text)
    limit 1
) as i on true
order by w.number
