-- One step into a document: the elements of an array. What is none goes on with a reason.
cross join lateral (
                select e.v, e.v as element, {from}.element as parent, {from}.key,
                       {from}.path || '[' || (e.n - 1) || ']' as path, null::text as reason, {from}.place || e.n as place
                from pg_catalog.jsonb_array_elements(
                    case when {from}.reason is null and pg_catalog.jsonb_typeof({from}.v) = 'array' then {from}.v else '[]' end)
                    with ordinality as e (v, n)
                union all
                select {from}.v, case when {from}.reason is null then {from}.v else {from}.element end, {from}.parent, {from}.key,
                       {from}.path, coalesce({from}.reason, 'value_wrong_type'), {from}.place
                where {from}.reason is not null or pg_catalog.jsonb_typeof({from}.v) <> 'array'
            ) as {to}
