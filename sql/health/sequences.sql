-- How much of each sequence is used, counted against the sequence's own end and the end of the integer column that it
-- fills. A role sees a sequence's value with SELECT or USAGE on it; `hidden` are those that this role may not see.
-- Of a sequence that was set and not called yet, new ones among them, the value before the next one counts.
-- Holes: oids, values, of the sequences that were not called what the next call gives.
with s as (
    select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name,
           pg_catalog.has_sequence_privilege(c.oid, 'select, usage') as readable,
           q.seqmin, q.seqmax, q.seqincrement, q.seqcycle,
           coalesce(case when pg_catalog.has_sequence_privilege(c.oid, 'select, usage')
                         then pg_catalog.pg_sequence_last_value(c.oid) end::numeric,
                    e.value::numeric - q.seqincrement) as last_value,
           (select pg_catalog.min(case a.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647 end)
            from (
                -- Owned by the column, or only asked by its default.
                select d.refobjid as relid, d.refobjsubid::smallint as attnum
                from pg_catalog.pg_depend as d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid
                  and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
                union all
                select f.adrelid, f.adnum
                from pg_catalog.pg_depend as d
                join pg_catalog.pg_attrdef as f on f.oid = d.objid
                where d.classid = 'pg_attrdef'::regclass
                  and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
            ) as k
            join pg_catalog.pg_attribute as a on a.attrelid = k.relid and a.attnum = k.attnum) as column_max
    from pg_catalog.pg_sequence as q
    join pg_catalog.pg_class as c on c.oid = q.seqrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join rows from (pg_catalog.unnest({oids}::oid[]), pg_catalog.unnest({values}::bigint[])) as e(oid, value)
        on e.oid = c.oid
    where c.relpersistence <> 't' and not pg_catalog.pg_is_other_temp_schema(c.relnamespace)
      -- What is not logged has no values on a standby.
      and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
)
select pg_catalog.jsonb_build_object(
    'sequences', (select pg_catalog.count(*) from s),
    'hidden', (select coalesce(pg_catalog.jsonb_agg(s.name order by s.name), '[]') from s
               where (not s.readable or s.last_value is null) and not (s.seqcycle and s.column_max is null)),
    'used', (select coalesce(pg_catalog.jsonb_agg(u), '[]') from (
        select s.name,
               case when s.seqincrement > 0
                    then 100.0 * greatest(s.last_value - s.seqmin + 1, 0)
                         / (least(s.seqmax, coalesce(s.column_max, s.seqmax))::numeric - s.seqmin + 1)
                    else 100.0 * greatest(s.seqmax - s.last_value + 1, 0) / (s.seqmax::numeric - s.seqmin + 1)
               end::float8 as value,
               coalesce(s.column_max < s.seqmax, false) as by_column
        from s
        where s.last_value is not null and not (s.seqcycle and s.column_max is null)
        order by 2 desc limit 50) as u)
)::text as sequences
