-- The same sequence again, for the table that has the name now.
do $do$
declare
    facts jsonb := pg_catalog.current_setting('pgtend.identity')::jsonb;
begin
    execute pg_catalog.format(
        'alter table %s alter column %I add generated %s as identity
             (sequence name %s increment by %s minvalue %s maxvalue %s start with %s cache %s %s)',
        {table}, {column}, facts ->> 'generated', facts ->> 'name', facts ->> 'increment', facts ->> 'min',
        facts ->> 'max', facts ->> 'start', facts ->> 'cache', facts ->> 'cycle');
    perform pg_catalog.setval((facts ->> 'name')::pg_catalog.regclass, (facts ->> 'last')::bigint, (facts ->> 'called')::boolean);
end
$do$
