-- Why the query of a view may give something else although no table has changed: functions that read the clock, are
-- volatile, or are the user's own. Calls of built-in functions leave no dependency, so they are read from the stored
-- tree. A stable built-in function counts as harmless when it depends on its arguments and on settings of formats only.
-- $1 oids of views, plain and materialized
select w.ev_class as oid,
       'it calls ' || p.proname || '()' as reason,
       p.oid >= 16384 as own
from pg_catalog.pg_rewrite as w
cross join lateral (
    select distinct m.found[1]::oid as oid
    from pg_catalog.regexp_matches(w.ev_action::text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)', 'g') as m(found)
) as f
join pg_catalog.pg_proc as p on p.oid = f.oid
where w.ev_class = any ($1::oid[])
  and not case
      when p.oid >= 16384 then
          p.provolatile = 'i' and exists (
              select from pg_catalog.pg_depend as d
              where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
      when p.provolatile = 'i' then true
      when p.provolatile = 's' then
          p.proname ~ '^(array_to_json|array_to_string|anytextcat|textanycat|concat|concat_ws|convert|convert_from|convert_to|date|date_part|date_trunc|enum_first|enum_last|enum_range|extract|format|generate_series|in_range|interval_pl_timestamptz|length|make_timestamptz|money|numeric|overlaps|quote_literal|quote_nullable|row_to_json|time|timestamp|timestamptz|timetz|timezone|to_char|to_date|to_json|to_jsonb|to_number|to_timestamp|to_tsvector)$'
          or p.proname ~ '^(date|timestamp|timestamptz)_(cmp|eq|ne|lt|le|gt|ge|pl|mi)_(date|timestamp|timestamptz|interval)$'
          or p.proname ~ '^jsonb?_(agg|build|object|populate|to|path)'
      else false
  end
union all
select w.ev_class, 'it reads the clock or the current user', false
from pg_catalog.pg_rewrite as w
where w.ev_class = any ($1::oid[]) and w.ev_action::text ~ '\{SQLVALUEFUNCTION'
union all
select w.ev_class, 'it takes a random sample', false
from pg_catalog.pg_rewrite as w
where w.ev_class = any ($1::oid[]) and w.ev_action::text ~ '\{TABLESAMPLECLAUSE'
