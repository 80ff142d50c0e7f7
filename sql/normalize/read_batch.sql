-- A piece of the source in the order of its key, for the program to read: the key as text, then, for each mapping, the
-- document and the columns beside it that rows need.
copy (
    select {key_text}{fields}
    from {source} as s
    where {range}
    order by {order}
    limit {rows}
) to stdout (format binary)
