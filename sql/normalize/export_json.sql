-- Rejects as lines of JSON. No JSON text holds these two characters, so that nothing is ever quoted.
copy (
    select pg_catalog.jsonb_build_object('name', r.name, 'source_key', r.source_key, 'path', r.path, 'reason', r.reason,
                                         'detail', r.detail, 'element', r.element, 'noticed', r.noticed,
                                         'acknowledged', r.acknowledged)::text
    from {reject} as r
    where {wanted}
    order by r.name, r.source_key, r.path
) to stdout (format csv, quote E'\x01', delimiter E'\x02')
