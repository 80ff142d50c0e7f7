-- Where the files of a relation lie on the server; null where the role may not know, or the connection comes over a network.
-- $1 oid
select case
           when pg_catalog.inet_server_addr() is not null
               or not pg_catalog.pg_has_role('pg_read_all_settings', 'usage') then null
           else coalesce(
               nullif(pg_catalog.pg_tablespace_location(coalesce(nullif(c.reltablespace, 0), d.dattablespace)), ''),
               pg_catalog.current_setting('data_directory'))
       end as directory
from pg_catalog.pg_class as c
join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
where c.oid = $1
