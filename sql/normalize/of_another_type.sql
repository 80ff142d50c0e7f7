pg_catalog.jsonb_typeof(j.x) <> {plain}
