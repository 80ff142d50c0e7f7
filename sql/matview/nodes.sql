-- What materialized views read: the relations in their queries, through plain views, down to partitions and children.
-- Another materialized view ends the way: what counts is when it was refreshed. The token of a node changes with what
-- the view would read from it, together with the count of rows written since the statistics began.
-- $1 oids of materialized views
with recursive node (view, oid, kind) as (
    select c.oid, c.oid, c.relkind
    from pg_catalog.pg_class as c
    where c.relkind = 'm' and c.oid = any ($1::oid[])
    union
    select n.view, r.oid, r.kind
    from node as n
    cross join lateral (
        select c.oid, c.relkind
        from pg_catalog.pg_rewrite as w
        join pg_catalog.pg_depend as d
            on d.classid = 'pg_catalog.pg_rewrite'::regclass
           and d.objid = w.oid
           and d.refclassid = 'pg_catalog.pg_class'::regclass
           and d.refobjid <> w.ev_class
        join pg_catalog.pg_class as c on c.oid = d.refobjid
        where w.ev_class = n.oid and (n.kind = 'v' or n.oid = n.view)
        union all
        select c.oid, c.relkind
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = n.oid and n.kind in ('r', 'p')
    ) as r(oid, kind)
    where r.kind in ('r', 'p', 'v', 'm', 'f', 'S')
)
select n.view,
       n.oid,
       n.kind::text as kind,
       pg_catalog.format('%s.%s', s.nspname, c.relname) as name,
       case n.kind
           when 'v' then (select w.xmin::text from pg_catalog.pg_rewrite as w where w.ev_class = n.oid and w.ev_type = '1')
           when 'm' then c.xmin::text
           when 'r' then c.relfilenode::text
           else ''
       end as token,
       case n.kind
           when 'r' then pg_catalog.pg_stat_get_tuples_inserted(n.oid) + pg_catalog.pg_stat_get_tuples_updated(n.oid)
                       + pg_catalog.pg_stat_get_tuples_deleted(n.oid)
           else 0
       end as changes,
       case when n.kind = 'r' then greatest(c.reltuples, 0) else 0 end::float8 as rows,
       c.relrowsecurity as row_security,
       -- Sessions of other databases write it too.
       c.relisshared as shared
from node as n
join pg_catalog.pg_class as c on c.oid = n.oid
join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
where n.oid <> n.view
