-- The copy has the grants of the view, by the same grantors, and no others.
do $do$
begin
    if (
        select pg_catalog.count(distinct coalesce(g.acl, ''))
        from pg_catalog.pg_class as c
        cross join lateral (
            select pg_catalog.string_agg(pg_catalog.concat_ws(' ', p.attname, x.grantor, x.grantee, x.privilege_type,
                                                              x.is_grantable), ','
                                         order by p.attname, x.grantor, x.grantee, x.privilege_type) as acl
            from (
                select null::name as attname, coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner)) as acl
                union all
                select a.attname, a.attacl
                from pg_catalog.pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            ) as p
            cross join lateral pg_catalog.aclexplode(p.acl) as x
        ) as g
        where c.oid in ({oid}, pg_catalog.to_regclass({copy}))
    ) <> 1 then
        raise exception 'the copy would not have the same grants as the view'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
