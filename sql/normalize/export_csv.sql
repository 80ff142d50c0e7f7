-- Rejects for a spreadsheet.
copy (
    select r.name, r.source_key, r.path, r.reason, r.detail, r.element, r.noticed, r.acknowledged
    from {reject} as r
    where {wanted}
    order by r.name, r.source_key, r.path
) to stdout (format csv, header)
