-- The indexes, unique constraints and foreign keys of a table in the order to make them in again, with the statement
-- that makes each. What other tables' foreign keys need, and the table's identity for replication, are left out: they stay.
-- $1 the table
select s.kind, s.name, s.definition, s.referenced_schema, s.referenced_name, s.referenced, s.orders, s.columns, s.referenced_columns
from (
    select case c.contype when 'f' then 'foreign_key' else 'constraint' end as kind,
           c.conname::text as name,
           pg_catalog.pg_get_constraintdef(c.oid) as definition,
           n.nspname::text as referenced_schema,
           r.relname::text as referenced_name,
           nullif(c.confrelid, 0) as referenced,
           case c.contype when 'p' then 0 when 'u' then 1 else 3 end as orders,
           (select pg_catalog.array_agg(a.attname::text order by k.place)
            from pg_catalog.unnest(c.conkey) with ordinality as k (attnum, place)
            join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum) as columns,
           (select pg_catalog.array_agg(a.attname::text order by k.place)
            from pg_catalog.unnest(c.confkey) with ordinality as k (attnum, place)
            join pg_catalog.pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.attnum) as referenced_columns
    from pg_catalog.pg_constraint as c
    left join pg_catalog.pg_class as r on r.oid = c.confrelid
    left join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
    where c.conrelid = $1
      and c.contype in ('p', 'u', 'f')
      and not exists (select from pg_catalog.pg_constraint as f
                      where f.contype = 'f' and f.conindid = c.conindid and f.oid <> c.oid and c.contype <> 'f')
      and not exists (select from pg_catalog.pg_index as i
                      where i.indexrelid = c.conindid and i.indisreplident and c.contype <> 'f')
    union all
    select 'index', x.relname::text, pg_catalog.pg_get_indexdef(i.indexrelid), null, null, null, 2, null, null
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as x on x.oid = i.indexrelid
    where i.indrelid = $1
      and not i.indisreplident
      and not exists (select from pg_catalog.pg_constraint as c where c.conindid = i.indexrelid)
) as s
order by s.orders, s.name
