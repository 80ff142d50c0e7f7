-- Nobody changes these rows until the copies are up to them.
select pg_catalog.count(*)
from (
    select
    from {batch} as b
    join only {source} as s on {matches}
    for share of s
) as held
