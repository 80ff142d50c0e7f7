-- The texts of statements, which pg_stat_statements keeps in a file of its own. Of others' statements a role without
-- pg_read_all_stats sees neither text nor number.
select pg_catalog.row_to_json(x)::text as row
from (
    select s.queryid as query_id, pg_catalog.min(pg_catalog.left(s.query, 4096)) as text
    from {schema}.pg_stat_statements(true) as s
    where s.queryid is not null
      and ({all} or s.queryid = any ({wanted}::bigint[]))
    group by s.queryid
) as x
