-- How many rows there are, and the sum of their hashes; rows whose keys are noted as changed are left out.
select pg_catalog.count(*), coalesce(pg_catalog.sum(x.hash), 0)
from (
{rows}
) as x
