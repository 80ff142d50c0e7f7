-- The rows of these keys as they are now, where there are any.
insert into {table} ({columns})
select {from_columns}
from {batch} as b
join only {source} as s on {matches}
where {condition}{share}
