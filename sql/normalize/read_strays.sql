-- The rows of the target that belong to no row of the source.
copy (
    select {key_text}, {columns}
    from {target} as t
    where not exists (select from {source} as s where {same})
) to stdout (format binary)
