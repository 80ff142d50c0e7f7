-- What a partition has that neither LIKE nor PARTITION OF gives to a new one: owner, place, storage parameters,
-- replica identity, comment, row security, statistics targets, numbers of distinct values, privileges.
-- $1 oid of the partition (or of the parent, when there is no partition yet)
select pg_catalog.jsonb_build_object(
    'schema', n.nspname,
    'name', c.relname,
    'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'owner_is_me', c.relowner = r.oid,
    'unlogged', c.relpersistence = 'u',
    'access_method', (select m.amname from pg_catalog.pg_am as m where m.oid = c.relam),
    'tablespace', (select s.spcname from pg_catalog.pg_tablespace as s where s.oid = c.reltablespace),
    'storage', coalesce(pg_catalog.to_jsonb(c.reloptions), '[]')
        || coalesce((select pg_catalog.jsonb_agg('toast.' || o.option)
                     from pg_catalog.pg_class as t
                     cross join lateral pg_catalog.unnest(t.reloptions) as o(option)
                     where t.oid = c.reltoastrelid), '[]'),
    'replica_identity', c.relreplident,
    'replica_identity_index', (
        select pg_catalog.jsonb_build_object('schema', s.nspname, 'name', p.relname)
        from pg_catalog.pg_index as i
        join pg_catalog.pg_inherits as h on h.inhrelid = i.indexrelid
        join pg_catalog.pg_class as p on p.oid = h.inhparent
        join pg_catalog.pg_namespace as s on s.oid = p.relnamespace
        where i.indrelid = c.oid and i.indisreplident),
    'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
    'row_security', c.relrowsecurity,
    'force_row_security', c.relforcerowsecurity,
    'policies', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', p.polname,
            'permissive', p.polpermissive,
            'command', p.polcmd,
            'roles', (select pg_catalog.jsonb_agg(pg_catalog.pg_get_userbyid(u.oid))
                      from pg_catalog.unnest(p.polroles) as u(oid) where u.oid <> 0),
            'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
            'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
            'comment', pg_catalog.obj_description(p.oid, 'pg_policy')) order by p.polname)
        from pg_catalog.pg_policy as p where p.polrelid = c.oid), '[]'),
    'statistics', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('column', a.attname, 'target', a.attstattarget)
                                    order by a.attnum)
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0), '[]'),
    'column_options', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('column', a.attname, 'option', o.option)
                                    order by a.attnum, o.option)
        from pg_catalog.pg_attribute as a
        cross join lateral pg_catalog.unnest(a.attoptions) as o(option)
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]'),
    'grants', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'role', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
            'privilege', x.privilege_type,
            'grantable', x.is_grantable,
            'column', null) order by x.grantee, x.privilege_type)
        from pg_catalog.aclexplode(c.relacl) as x where x.grantee <> c.relowner), '[]')
        || coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'role', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
            'privilege', x.privilege_type,
            'grantable', x.is_grantable,
            'column', a.attname) order by a.attnum, x.grantee, x.privilege_type)
        from pg_catalog.pg_attribute as a
        cross join lateral pg_catalog.aclexplode(a.attacl) as x
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and x.grantee <> c.relowner), '[]'),
    -- To whom ALTER DEFAULT PRIVILEGES gives something on every table that this role makes; null is PUBLIC.
    'default_grantees', coalesce((
        select pg_catalog.jsonb_agg(distinct case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end)
        from pg_catalog.pg_default_acl as d
        cross join lateral pg_catalog.aclexplode(d.defaclacl) as x
        where d.defaclobjtype = 'r' and d.defaclrole = r.oid and x.grantee <> r.oid), '[]')
) as properties
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_roles as r on r.rolname = current_user
where c.oid = $1
