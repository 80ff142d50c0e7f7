-- What has one of some names in a schema, with its comment and whether it holds a row's page.
-- $1 schema, $2 names
select c.oid,
       c.relname::text as name,
       c.relkind::text as kind,
       pg_catalog.obj_description(c.oid, 'pg_class') as comment,
       (select p.oid from pg_catalog.pg_inherits as i join pg_catalog.pg_class as p on p.oid = i.inhparent
        where i.inhrelid = c.oid) as parent
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname::text = $1
  and c.relname::text = any ($2::text[])
