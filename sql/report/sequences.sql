-- How much of each sequence is used, counted against its own end and the end of the integer column that it fills. Its
-- value is seen with SELECT or USAGE on it, and by waiting for whoever changes it: `hidden` and `locked` say why it is
-- null. A sequence that nobody has asked has no value either, and neither reason; of one that was set away from its
-- start and not called since, it is the value before the next one.
-- $1 whether values are read at all
-- Holes: oids, values, of the sequences that were not called what the next call gives.
with s as (
    select
        c.oid,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name,
        pg_catalog.has_sequence_privilege(c.oid, 'select, usage') as readable,
        not $1::boolean or exists (
            select from pg_catalog.pg_locks as l
            where l.locktype = 'relation' and l.relation = c.oid
              and l.database = (select d.oid from pg_catalog.pg_database as d
                                where d.datname = pg_catalog.current_database())
              and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        ) as locked,
        q.seqtypid, q.seqstart, q.seqmin, q.seqmax, q.seqincrement, q.seqcycle,
        k.relid, k.attnum,
        e.value::numeric - q.seqincrement as before
    from pg_catalog.pg_sequence as q
    join pg_catalog.pg_class as c on c.oid = q.seqrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join rows from (pg_catalog.unnest({oids}::oid[]), pg_catalog.unnest({values}::bigint[])) as e(oid, value)
        on e.oid = c.oid
    left join lateral (
        -- Owned by the column, or only asked by its default.
        select d.refobjid as relid, d.refobjsubid::smallint as attnum
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and d.deptype in ('a', 'i') and d.refobjsubid > 0
        union all
        select f.adrelid, f.adnum
        from pg_catalog.pg_depend as d
        join pg_catalog.pg_attrdef as f on f.oid = d.objid
        where d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid
        limit 1
    ) as k on true
    where c.relpersistence <> 't'
      and n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
), v as (
    select s.*,
           case when s.readable and not s.locked then coalesce(
                    pg_catalog.pg_sequence_last_value(s.oid)::numeric,
                    case when s.before <> s.seqstart::numeric - s.seqincrement then s.before end) end as last_value,
           case a.atttypid when 'pg_catalog.int2'::pg_catalog.regtype then 32767
                           when 'pg_catalog.int4'::pg_catalog.regtype then 2147483647 end::bigint as column_max,
           case when a.attname is not null
                then pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.relname)
                     || '.' || pg_catalog.quote_ident(a.attname) end as column_name,
           pg_catalog.format_type(a.atttypid, a.atttypmod) as column_type
    from s
    left join pg_catalog.pg_attribute as a on a.attrelid = s.relid and a.attnum = s.attnum
    left join pg_catalog.pg_class as t on t.oid = s.relid
    left join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        v.name as sequence,
        pg_catalog.format_type(v.seqtypid, null) as type,
        v.last_value,
        case when v.seqincrement > 0 then least(v.seqmax, coalesce(v.column_max, v.seqmax)) else v.seqmin end as last_possible,
        case
            when v.last_value is null and v.readable and not v.locked then 0
            -- GREATEST passes over a null.
            when v.last_value is null then null
            when v.seqincrement > 0 then
                100.0 * greatest(v.last_value - v.seqmin, 0)
                / nullif(least(v.seqmax, coalesce(v.column_max, v.seqmax))::numeric - v.seqmin, 0)
            else 100.0 * greatest(v.seqmax - v.last_value, 0) / nullif(v.seqmax::numeric - v.seqmin, 0)
        end::float8 as used_pct,
        v.column_name as "column",
        v.column_type,
        v.seqcycle as cycles,
        not v.readable as hidden,
        v.locked
    from v
    order by 5 desc nulls last, 1
) as x
