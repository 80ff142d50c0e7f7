-- How far the slowest standby is behind, in bytes that it has not replayed.
select pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn))::bigint as bytes
from pg_catalog.pg_stat_replication as r
