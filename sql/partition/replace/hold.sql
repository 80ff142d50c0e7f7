-- Nobody changes these rows until the copies are up to them.
select pg_catalog.count(*)
from {batch} as b
cross join lateral (
    {lookup}
) as held
