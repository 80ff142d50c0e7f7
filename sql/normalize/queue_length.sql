select pg_catalog.count(*) from {queue}
