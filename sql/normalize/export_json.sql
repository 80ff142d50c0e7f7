-- Rejects as lines of JSON. No JSON text holds these two characters, so that nothing is ever quoted.
copy (
    select pg_catalog.row_to_json(x)::text
    from (
        select r.name, r.source_key, r.path, r.reason, r.detail, r.element, r.noticed, r.acknowledged
        from {reject} as r
        where {wanted}
        order by r.name, r.source_key, r.path
    ) as x
) to stdout (format csv, quote E'\x01', delimiter E'\x02')
