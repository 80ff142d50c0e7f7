-- Counters of one epoch can be compared. A crash or a reset begins another; null where the server counts nothing. And
-- the settings on which a refresh depends: those that the session would have without pgtend.
select case
           when pg_catalog.current_setting('track_counts') = 'on' then
               pg_catalog.concat_ws('/', coalesce(pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)::text, '-'),
                                    coalesce(pg_catalog.pg_stat_get_bgwriter_stat_reset_time()::text, '-'))
       end as epoch,
       (select pg_catalog.string_agg(pg_catalog.concat(s.name, '=', s.reset_val), ' ' order by s.name)
        from pg_catalog.pg_settings as s
        where s.name in ('bytea_output', 'DateStyle', 'default_text_search_config', 'extra_float_digits',
                         'IntervalStyle', 'lc_monetary', 'lc_numeric', 'lc_time', 'TimeZone')) as settings
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()
