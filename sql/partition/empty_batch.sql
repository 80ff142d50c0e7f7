-- Rows go by DELETE where other tables refer to them, so that ON DELETE is honoured and the detach finds nothing to
-- check. Bounded, so that no transaction grows long. Gives the number of rows that went.
with gone as (
    delete from only {partition}
    where ctid = any (array(select p.ctid from only {partition} as p limit {rows}))
    returning 1
)
select pg_catalog.count(*) from gone
