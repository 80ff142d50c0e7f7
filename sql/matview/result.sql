-- What a refresh has made of a view. After a swap it has another oid than before.
-- $1 schema, $2 name
select c.oid,
       c.xmin::text as xmin,
       (select w.xmin::text from pg_catalog.pg_rewrite as w where w.ev_class = c.oid) as definition,
       pg_catalog.pg_total_relation_size(c.oid) as bytes,
       case when c.reltuples >= 0 then c.reltuples::float8 end as rows,
       coalesce(pg_catalog.pg_stat_get_dead_tuples(c.oid), 0) as dead_rows
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'm' and n.nspname::text = $1 and c.relname::text = $2
