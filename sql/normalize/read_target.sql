-- The rows of the target that belong to a piece of the source.
copy (
    select {key_text}, {columns}
    from {target} as t
    where {range}
) to stdout (format binary)
