pg_catalog.jsonb_build_array({texts})::text
