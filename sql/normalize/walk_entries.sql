-- One step into a document: the values of an object. What is none goes on with a reason. A name that is too long for the
-- index of the rejects is known by its place.
cross join lateral (
                select e.v, e.v as element, {from}.element as parent, e.key,
                       {from}.path || case when pg_catalog.octet_length(pg_catalog.to_jsonb(e.key)::text) > 200
                                           then '.*[' || (e.n - 1) || ']' else '.' || pg_catalog.to_jsonb(e.key)::text end as path,
                       null::text as reason, {from}.place || e.n as place
                from pg_catalog.jsonb_each(
                    case when {from}.reason is null and pg_catalog.jsonb_typeof({from}.v) = 'object' then {from}.v else '{{}}' end)
                    with ordinality as e (key, v, n)
                union all
                select {from}.v, case when {from}.reason is null then {from}.v else {from}.element end, {from}.parent, {from}.key,
                       {from}.path, coalesce({from}.reason, 'value_wrong_type'), {from}.place
                where {from}.reason is not null or pg_catalog.jsonb_typeof({from}.v) <> 'object'
            ) as {to}
