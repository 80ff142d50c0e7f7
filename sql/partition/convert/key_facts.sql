-- How many rows have no key, and up to which of the bounds, in ascending order, all rows lie.
select (select pg_catalog.count(*) from {table} as t where t.{key} is null) as nulls,
       {tests}
from (
    select (select t.{key} from {table} as t where t.{key} is not null order by t.{key} desc limit 1) as last
) as s
