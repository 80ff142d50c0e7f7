-- The rows of the target that belong to a piece of the source, where keys of the two have another order.
copy (
    select {key_text}, {columns}
    from {source} as s
    join {target} as t on {same}
    where {range}
) to stdout (format binary)
