(pg_catalog.jsonb_typeof(j.x) = 'string' or pg_catalog.strpos(j.x::text, '.') > 0)
