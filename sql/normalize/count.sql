select pg_catalog.count(*) from {target}
