-- Rows leave the partition by DELETE, so that ON DELETE is honoured, and are kept beside it until they are archived: a
-- row is in one of the two at every instant. Bounded, so that no transaction grows long. Gives the number of rows.
-- Where a trigger or a rule lets none of them go, the cast is what fails, so that nothing else that it does stays.
with gone as (
    delete from only {partition}
    where ctid = any (array(select p.ctid from only {partition} as p limit {rows}))
    returning {columns}
),
kept as (
    insert into {aside} ({columns})
    select {columns} from gone
    returning 1
)
select case
    when pg_catalog.count(*) = 0 and exists (select from only {partition})
        then (pg_catalog.count(*) || ' of its rows went: a trigger or a rule keeps them')::bigint
    else pg_catalog.count(*)
end
from kept
