-- It runs with the rights of its owner: nobody else may make a trigger of it, on a table of his own for instance.
do $do$
declare
    grantee text;
begin
    for grantee in
        select distinct case x.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end
        from pg_catalog.pg_proc as p
        cross join pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as x
        where p.oid = pg_catalog.to_regproc({function}) and x.grantee <> p.proowner
    loop
        execute pg_catalog.format('revoke all privileges on function %s from %s', {function}, grantee);
    end loop;
end
$do$
