-- How many rows of another table refer to rows of the partition, counted up to a limit.
select pg_catalog.count(*)
from (
    select
    from {referencing} as r
    where exists (select from {partition} as p where ({referenced_columns}) = ({columns}))
    limit 1000001
) as s
