-- Who has privileges on the column that refers has them on this one, for a statement that names all columns of a table.
do $do$
declare
    one text;
begin
    for one in
        select pg_catalog.format(
                   '%s (%I) on %s to %s%s', x.privilege_type, {column}, {table},
                   case x.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
                   case when x.is_grantable then ' with grant option' else '' end)
        from pg_catalog.pg_attribute as a
        cross join pg_catalog.aclexplode(a.attacl) as x
        where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = {like}
    loop
        execute 'grant ' || one;
    end loop;
end
$do$
