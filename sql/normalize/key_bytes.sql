pg_catalog.octet_length({alias}.v)
