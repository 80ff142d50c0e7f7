-- Whether the books are there, and whether this role may write them or make them. Looked up in the catalog: a function
-- such as to_regclass refuses to look into a schema that the role may not use.
-- Also what speaks against trusting them: what stands in the schema of a stranger, or is fired by a write to the books,
-- would run with this role's rights. Membership is followed by hand: the server's own functions count a superuser as a
-- member of every role, and up to version 15 any role can make another its member, of which its grantor tells.
-- $1 the schema's name
with recursive trusted (role) as (
    select oid from pg_catalog.pg_roles where rolname = current_user or rolsuper
    union
    select m.roleid
    from trusted as t
    join pg_catalog.pg_roles as a on a.oid = t.role and not a.rolsuper
    join pg_catalog.pg_auth_members as m on m.member = t.role and m.grantor <> m.roleid
), owners (role) as (
    select role from trusted
    union all
    -- Whoever owns the database is this role's only member.
    select r.oid
    from pg_catalog.pg_roles as r, pg_catalog.pg_database as d
    where r.rolname = 'pg_database_owner'
      and d.datname = pg_catalog.current_database()
      and d.datdba in (select role from trusted)
)
select n.oid is not null as schema_exists,
       case
           when n.nspowner not in (select role from owners)
               then 'it belongs to role ' || pg_catalog.pg_get_userbyid(n.nspowner)
           when r.relowner not in (select role from owners)
               then 'its table run belongs to role ' || pg_catalog.pg_get_userbyid(r.relowner)
           when h.relowner not in (select role from owners)
               then 'its table refinery_schema_history belongs to role ' || pg_catalog.pg_get_userbyid(h.relowner)
           when exists (select from pg_catalog.pg_trigger where tgrelid in (r.oid, h.oid) and not tgisinternal)
               then 'its tables have triggers'
           when exists (select from pg_catalog.pg_rewrite where ev_class in (r.oid, h.oid))
               then 'its tables have rules'
       end as distrust,
       r.oid is not null as has_run,
       coalesce(pg_catalog.has_schema_privilege(n.oid, 'usage')
                and pg_catalog.has_table_privilege(r.oid, 'select')
                and pg_catalog.has_table_privilege(r.oid, 'insert')
                and pg_catalog.has_table_privilege(r.oid, 'update'), false) as may_write,
       case
           when n.oid is null then pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create')
           when h.oid is null then pg_catalog.has_schema_privilege(n.oid, 'create')
                                   and pg_catalog.has_schema_privilege(n.oid, 'usage')
           else pg_catalog.has_schema_privilege(n.oid, 'create')
                and pg_catalog.has_schema_privilege(n.oid, 'usage')
                and pg_catalog.has_table_privilege(h.oid, 'select')
                and pg_catalog.has_table_privilege(h.oid, 'insert')
       end as may_make
from (values ($1::text)) as wanted (schema)
left join pg_catalog.pg_namespace as n on n.nspname::text = wanted.schema
left join pg_catalog.pg_class as h on h.relnamespace = n.oid and h.relname = 'refinery_schema_history'
left join pg_catalog.pg_class as r on r.relnamespace = n.oid and r.relname = 'run'
