(r.source_key::jsonb ->> {place})::{cast}
