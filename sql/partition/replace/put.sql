-- The rows of these keys as they are now, where there are any.
insert into {table} ({columns})
select {from_columns}
from {batch} as b
cross join lateral (
    {lookup}
) as s
where {condition}
