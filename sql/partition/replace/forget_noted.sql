-- A row that moved to another partition may have been copied out of both: it is on the list, and will be copied again.
delete from {table} as t using {delta} as d where {matches}
