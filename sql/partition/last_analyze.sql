-- When a partitioned table itself was analyzed. Autovacuum analyzes its partitions, and never the table as a whole.
-- $1 oid
select greatest(pg_catalog.pg_stat_get_last_analyze_time($1::oid),
                pg_catalog.pg_stat_get_last_autoanalyze_time($1::oid)) as analyzed
