-- Whether the source has a row in a range of keys.
select exists (select from {source} as s where {range})::integer
