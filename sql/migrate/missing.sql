-- Relations, columns and extensions that migrations need and that are not there. Of a relation that is missing its
-- columns are not told as well.
-- $1 schemas (null: looked up on the path), $2 relations, $3 columns (null: the relation itself), one for each need;
-- $4 extensions, $5 the path
with need as (
    select n.*, c.oid
    from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
         with ordinality as n(schema, relation, field, number)
    left join lateral (
        select k.oid
        from pg_catalog.pg_class as k
        join pg_catalog.pg_namespace as s on s.oid = k.relnamespace
        where k.relname = n.relation
          and case when n.schema is null then s.nspname = any ($5::text[]) else s.nspname = n.schema end
        order by pg_catalog.array_position($5::text[], s.nspname::text)
        limit 1
    ) as c on true
)
select number,
       case when field is null then 'relation ' else 'column ' || field || ' of ' end
           || coalesce(schema || '.', '') || relation as what
from need
where (field is null and oid is null)
   or (field is not null and oid is not null and not exists (
          select from pg_catalog.pg_attribute as a
          where a.attrelid = need.oid and a.attname = field and a.attnum > 0 and not a.attisdropped))
union all
select null, 'extension ' || e.name
from pg_catalog.unnest($4::text[]) as e(name)
where not exists (select from pg_catalog.pg_extension as x where x.extname = e.name)
order by number nulls last
