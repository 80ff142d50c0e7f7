-- Counters of one epoch can be compared. A crash or a reset begins another; null where the server counts nothing.
select case
           when pg_catalog.current_setting('track_counts') = 'on' then
               pg_catalog.concat_ws('/', coalesce(pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)::text, '-'),
                                    coalesce(pg_catalog.pg_stat_get_bgwriter_stat_reset_time()::text, '-'))
       end as epoch
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()
