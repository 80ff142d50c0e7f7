pg_catalog.to_jsonb(p.key)
