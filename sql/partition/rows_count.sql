-- How many rows meet a condition.
select pg_catalog.count(*)
from {table} as {alias}
where ({condition}
)
