-- Whether the snapshot store is there, and whether this role may read and write it. To use a table is to run what its
-- owner has hung on it: only tables of the schema's owner, or of a superuser, without triggers, rules and policies count.
-- $1 the schema's name
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.count(c.oid) = 6 as complete,
        coalesce(pg_catalog.bool_or(exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and a.attname = 'part_of' and not a.attisdropped)), false) as current,
        coalesce(pg_catalog.bool_and(
            c.relkind = 'r'
            and (c.relowner = n.nspowner
                 or (select r.rolsuper from pg_catalog.pg_roles as r where r.oid = c.relowner))
            and not c.relhasrules
            and not c.relrowsecurity
            and not exists (select from pg_catalog.pg_trigger as t where t.tgrelid = c.oid and not t.tgisinternal)
        ), true) as plain,
        coalesce(pg_catalog.bool_and(
            n.nspowner = (select r.oid from pg_catalog.pg_roles as r where r.rolname = current_user)
            or (select r.rolsuper from pg_catalog.pg_roles as r where r.oid = n.nspowner)
            or n.nspowner = (select d.datdba from pg_catalog.pg_database as d
                             where d.datname = pg_catalog.current_database())
        ), true) as trusted,
        coalesce(pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage')
                                     and pg_catalog.has_table_privilege(c.oid, 'select')), false) as may_read,
        coalesce(pg_catalog.bool_and(pg_catalog.has_table_privilege(c.oid, 'insert, update, delete')), false) as may_write
    from pg_catalog.pg_namespace as n
    left join pg_catalog.pg_class as c
        on c.relnamespace = n.oid
       and c.relname in ('snapshot', 'statement', 'statement_delta', 'relation_delta', 'index_delta', 'last_reading')
    where n.nspname = $1::text
) as x
