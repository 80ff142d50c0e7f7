delete from {table} as t using {batch} as b where {matches}
