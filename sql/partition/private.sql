-- Nobody's but its owner's, whatever default privileges say.
do $do$
declare
    grantee text;
begin
    for grantee in
        select distinct case x.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end
        from pg_catalog.pg_class as c
        cross join pg_catalog.aclexplode(c.relacl) as x
        where c.oid = pg_catalog.to_regclass({table}) and x.grantee <> c.relowner
    loop
        execute pg_catalog.format('revoke all privileges on table %s from %s', {table}, grantee);
    end loop;
end
$do$
