-- One step into a document: the values of an object. What is none goes on with a reason.
cross join lateral (
                select e.v, e.v as element, {from}.element as parent, e.key,
                       {from}.path || '.' || pg_catalog.to_jsonb(e.key)::text as path, null::text as reason,
                       {from}.place || e.n as place
                from pg_catalog.jsonb_each(
                    case when {from}.reason is null and pg_catalog.jsonb_typeof({from}.v) = 'object' then {from}.v else '{{}}' end)
                    with ordinality as e (key, v, n)
                union all
                select {from}.v, case when {from}.reason is null then {from}.v else {from}.element end, {from}.parent, {from}.key,
                       {from}.path, coalesce({from}.reason, 'value_wrong_type'), {from}.place
                where {from}.reason is not null or pg_catalog.jsonb_typeof({from}.v) <> 'object'
            ) as {to}
