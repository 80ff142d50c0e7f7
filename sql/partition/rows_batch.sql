-- Rows of some blocks of a table that meet a condition leave it and arrive in another one, and rows of other tables that
-- refer to them with them, in one statement. It fails, and nothing has happened, unless what has arrived is equal to what
-- has left. Gives the numbers of rows, and the hash of what has left.
with gone as (
    delete from only {leaf} as {alias}
    where {alias}.ctid >= '({from},0)'::tid
      and {alias}.ctid < '({to},0)'::tid
      and ({condition}
      )
    returning {returned}
),
kept as (
    insert into {target} ({columns}) overriding system value
    select {columns} from gone
    returning {columns}
),
gone_digest as (
    select pg_catalog.count(*) as rows,
           coalesce(pg_catalog.sum(pg_catalog.hashtextextended(row({columns})::text, 0)::numeric), 0) as hash
    from gone
),
kept_digest as (
    select pg_catalog.count(*) as rows,
           coalesce(pg_catalog.sum(pg_catalog.hashtextextended(row({columns})::text, 0)::numeric), 0) as hash
    from kept
){children}
select case
           when (g.rows, g.hash) is distinct from (k.rows, k.hash)
               then pg_catalog.concat('what arrives is not what leaves: ', k.rows, ' rows, not ', g.rows)::int8::text{reasons}
           else pg_catalog.concat_ws(' ', g.hash, g.rows{counts})
       end
from gone_digest as g
cross join kept_digest as k
