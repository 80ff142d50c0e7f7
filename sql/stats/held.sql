-- What the store holds, and how large it is.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        (select pg_catalog.count(*) from snapshot) as snapshots,
        (select pg_catalog.min(s.began) from snapshot as s) as first,
        (select l.at from last_reading as l) as last,
        (select pg_catalog.count(*) from statement) as statements,
        (select pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid))
         from pg_catalog.pg_class as c
         where c.relkind = 'r' and c.relnamespace = (
             select k.relnamespace from pg_catalog.pg_class as k where k.oid = 'snapshot'::pg_catalog.regclass)
           and c.relname in ('snapshot', 'statement', 'statement_delta', 'relation_delta', 'index_delta',
                             'last_reading'))::bigint as size_bytes
) as x
