    select pg_catalog.hashtextextended(row({columns})::text, 0)::numeric as hash
    from only {table} as t
    where not exists (select from {delta} as d where {matches})
