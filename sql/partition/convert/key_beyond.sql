-- What lies beyond a bound, for people.
select pg_catalog.count(*), pg_catalog.max({key}::text)
from {table}
where {key} >= {bound}
