-- How many rows of another table refer to rows that meet a condition, counted up to a limit.
select pg_catalog.count(*)
from (
    select
    from {child} as pgtend_child
    where exists (
        select
        from {table} as {alias}
        where ({referenced_columns}) = ({columns})
          and ({condition}
          )
    )
    limit 1000001
) as s
