-- The partitions of some tables with their bounds, a pending detach among them, and the tables that pgtend has
-- detached from them in order to drop, which bear its mark in their comment: with their own oid, and under the same owner. A default partition may still have the
-- check that an interrupted run has put on it.
-- $1 oids of the partitioned tables
select i.inhparent as parent,
       c.oid,
       n.nspname::text as schema,
       c.relname::text as name,
       c.relkind::text as kind,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
       i.inhdetachpending as detach_pending,
       c.reltuples::float8 as rows_estimate,
       d.description as comment,
       exists (select from pg_catalog.pg_constraint as k
               where k.conrelid = c.oid and k.conname = 'pgtend_default_window') as window_check
from pg_catalog.pg_inherits as i
join pg_catalog.pg_class as c on c.oid = i.inhrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_description as d
    on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where i.inhparent = any ($1::oid[])
union all
select p.oid,
       c.oid,
       n.nspname::text,
       c.relname::text,
       c.relkind::text,
       null,
       false,
       c.reltuples::float8,
       d.description,
       false
from pg_catalog.pg_description as d
cross join lateral pg_catalog.regexp_match(
    pg_catalog.split_part(d.description, e'\n', 1),
    '^pgtend:drop parent=([0-9]+) oid=([0-9]+) from=-?[0-9]+ to=-?[0-9]+$') as m
join pg_catalog.pg_class as c on c.oid = d.objoid and c.oid::text = m[2]
join pg_catalog.pg_class as p on p.oid::text = m[1] and p.relowner = c.relowner
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where d.classoid = 'pg_catalog.pg_class'::regclass
  and d.objsubid = 0
  and d.description like 'pgtend:drop parent=%'
  and c.relkind in ('r', 'p')
  and c.relpersistence <> 't'
  and p.oid = any ($1::oid[])
  and not exists (select from pg_catalog.pg_inherits as i where i.inhrelid = c.oid)
order by 1, 4
