pg_catalog.count(*) filter (where {key} >= {lower} and {key} < {upper})
