-- Everything of a materialized view that its copy needs and that sql/catalog/properties.sql does not tell.
-- $1 oid
select pg_catalog.jsonb_build_object(
    -- As in sql/matview/unchanged.sql.
    'state', pg_catalog.concat_ws('/', c.oid, c.xmin,
        (select pg_catalog.string_agg(i.indexrelid || ':' || i.xmin, ',' order by i.indexrelid)
         from pg_catalog.pg_index as i where i.indrelid = c.oid),
        (select pg_catalog.string_agg(a.xmin::text, ',' order by a.attnum)
         from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attnum > 0),
        (select pg_catalog.string_agg(d.xmin::text, ',' order by d.objoid, d.objsubid)
         from pg_catalog.pg_description as d
         where d.classoid = 'pg_catalog.pg_class'::regclass
           and (d.objoid = c.oid
                or d.objoid in (select i.indexrelid from pg_catalog.pg_index as i where i.indrelid = c.oid)))),
    'definition', pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'),
    'indexes', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'oid', x.oid::bigint,
            'name', x.relname,
            'unique', i.indisunique,
            'clustered', i.indisclustered,
            -- What stands after USING, or null when the server writes it in an unknown way.
            'definition', case when pg_catalog.starts_with(d.text, p.text)
                               then pg_catalog.substr(d.text, pg_catalog.length(p.text) + 1) end,
            'comment', pg_catalog.obj_description(x.oid, 'pg_class'),
            'statistics', coalesce((
                select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('column', a.attnum, 'target', a.attstattarget))
                from pg_catalog.pg_attribute as a
                where a.attrelid = x.oid and a.attstattarget >= 0), '[]')) order by x.oid)
        from pg_catalog.pg_index as i
        join pg_catalog.pg_class as x on x.oid = i.indexrelid
        cross join lateral (select pg_catalog.pg_get_indexdef(x.oid)) as d(text)
        cross join lateral (
            select pg_catalog.format('CREATE %sINDEX %I ON %I.%I USING ', case when i.indisunique then 'UNIQUE ' else '' end,
                                     x.relname, n.nspname, c.relname)) as p(text)
        where i.indrelid = c.oid and i.indisvalid), '[]'),
    'column_comments', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('column', a.attname, 'comment', d.description) order by a.attnum)
        from pg_catalog.pg_attribute as a
        join pg_catalog.pg_description as d
            on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = a.attrelid and d.objsubid = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]'),
    -- In the order in which they can be granted again: who granted on had the grant option first. Null: none ever were.
    'grants', case when c.relacl is not null then coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'grantor', pg_catalog.pg_get_userbyid(x.grantor),
            'role', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
            'privilege', x.privilege_type,
            'grantable', x.is_grantable,
            'column', null) order by x.place)
        from pg_catalog.aclexplode(c.relacl)
            with ordinality as x(grantor, grantee, privilege_type, is_grantable, place)), '[]') end,
    'column_grants', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'grantor', pg_catalog.pg_get_userbyid(x.grantor),
            'role', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
            'privilege', x.privilege_type,
            'grantable', x.is_grantable,
            'column', a.attname) order by a.attnum, x.place)
        from pg_catalog.pg_attribute as a
        cross join lateral pg_catalog.aclexplode(a.attacl)
            with ordinality as x(grantor, grantee, privilege_type, is_grantable, place)
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]'),
    'default_grantees', coalesce((
        select pg_catalog.jsonb_agg(distinct case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end)
        from pg_catalog.pg_default_acl as f
        cross join lateral pg_catalog.aclexplode(f.defaclacl) as x
        where f.defaclobjtype = 'r' and f.defaclrole = c.relowner and x.grantee <> c.relowner), '[]')
)::text as original
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = $1
