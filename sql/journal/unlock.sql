select pg_catalog.pg_advisory_unlock(1885826148, 0) as released
