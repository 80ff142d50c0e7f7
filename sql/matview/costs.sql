-- What the server has written so far: WAL, and temporary files of this database.
select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::bigint as wal_bytes,
       pg_catalog.pg_stat_get_db_temp_bytes(d.oid) as temp_bytes
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()
