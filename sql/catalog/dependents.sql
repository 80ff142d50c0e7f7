-- What would keep some tables, or what is below them, from being dropped: views and functions that name them, and
-- foreign keys that refer to one of them and not to its parent.
-- $1 oids
with doomed as (
    select o.oid as top, t.relid as oid
    from pg_catalog.unnest($1::oid[]) as o(oid)
    cross join lateral (
        select o.oid as relid
        union
        select p.relid::oid from pg_catalog.pg_partition_tree(o.oid::regclass) as p
    ) as t
)
select distinct m.top::regclass::text as table,
       case
           when d.classid = 'pg_catalog.pg_rewrite'::regclass
               then pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, w.ev_class, 0)
           else pg_catalog.pg_describe_object(d.classid, d.objid, 0)
       end as dependent
from doomed as m
join pg_catalog.pg_depend as d
    on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = m.oid and d.deptype = 'n'
left join pg_catalog.pg_rewrite as w on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
left join pg_catalog.pg_constraint as k on d.classid = 'pg_catalog.pg_constraint'::regclass and k.oid = d.objid
where (w.oid is not null and w.ev_class <> m.oid)
   or d.classid = 'pg_catalog.pg_proc'::regclass
   or (k.contype = 'f' and k.conparentid = 0 and k.conrelid not in (select o.oid from doomed as o))
order by 1, 2
