-- The same sequence again, for the table that has the name now.
do $do$
declare
    facts jsonb := pg_catalog.current_setting('pgtend.identity')::jsonb;
    one text;
begin
    execute pg_catalog.format(
        'alter table %s alter column %I add generated %s as identity
             (sequence name %s increment by %s minvalue %s maxvalue %s start with %s cache %s %s)',
        {table}, {column}, facts ->> 'generated', facts ->> 'name', facts ->> 'increment', facts ->> 'min',
        facts ->> 'max', facts ->> 'start', facts ->> 'cache', facts ->> 'cycle');
    for one in
        select distinct case x.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end
        from pg_catalog.pg_class as c
        cross join pg_catalog.aclexplode(c.relacl) as x
        where c.oid = (facts ->> 'name')::pg_catalog.regclass and x.grantee <> c.relowner
    loop
        execute pg_catalog.format('revoke all privileges on sequence %s from %s', facts ->> 'name', one);
    end loop;
    for one in select pg_catalog.jsonb_array_elements_text(nullif(facts -> 'privileges', 'null')) loop
        execute 'grant ' || one;
    end loop;
    perform pg_catalog.setval((facts ->> 'name')::pg_catalog.regclass, (facts ->> 'last')::bigint, (facts ->> 'called')::boolean);
end
$do$
