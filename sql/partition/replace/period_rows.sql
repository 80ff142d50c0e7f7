-- How many rows lie in each period: 0 is before the first begin, null is no time at all.
select pg_catalog.width_bucket({key}, array[{begins}]::{type}[]) as period, pg_catalog.count(*)
from only {table}
group by 1
