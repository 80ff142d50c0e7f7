-- Keeps what the sequence of an identity column is, and where it stands, until the other table has the column's name.
do $do$
declare
    facts jsonb;
    last bigint;
    called boolean;
begin
    select pg_catalog.jsonb_build_object(
               'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
               'generated', case a.attidentity when 'a' then 'always' else 'by default' end,
               'type', pg_catalog.format_type(s.seqtypid, null), 'increment', s.seqincrement,
               'min', s.seqmin, 'max', s.seqmax, 'start', s.seqstart, 'cache', s.seqcache,
               'cycle', case when s.seqcycle then 'cycle' else 'no cycle' end,
               'privileges', (
                   select pg_catalog.jsonb_agg(pg_catalog.format(
                       '%s on sequence %I.%I to %s%s', x.privilege_type, n.nspname, c.relname,
                       case x.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
                       case when x.is_grantable then ' with grant option' else '' end))
                   from pg_catalog.aclexplode(c.relacl) as x
                   where x.grantee <> c.relowner))
    into strict facts
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    join pg_catalog.pg_sequence as s on s.seqrelid = d.objid
    join pg_catalog.pg_class as c on c.oid = s.seqrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where d.refobjid = pg_catalog.to_regclass({table}) and a.attname = {column} and d.deptype = 'i'
      and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass;
    execute pg_catalog.format('select last_value, is_called from %s', facts ->> 'name') into last, called;
    facts := facts || pg_catalog.jsonb_build_object('last', last, 'called', called);
    perform pg_catalog.set_config('pgtend.identity', facts::text, true);
    execute pg_catalog.format('alter table %s alter column %I drop identity', {table}, {column});
end
$do$
