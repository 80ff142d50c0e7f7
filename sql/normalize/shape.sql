-- The elements of documents of one shape, with the value and the reason of each column.
select p.path, p.element, p.place, coalesce(p.reason, {element_reason}{reasons}) as reason,
                   0{coerced} as coerced, 0{defaulted} as defaulted{values}
            from (select s.{column} as v, s.{column} as element, s.{column} as parent, null::text as key, '$'::text as path,
                         null::text as reason, array[]::bigint[] as place) as p0
            {walk}
            {columns}
            where pg_catalog.jsonb_typeof(s.{column}) = {kind}
