-- Rows leave the partition by DELETE, so that ON DELETE is honoured, and are kept beside it until they are archived: a
-- row is in one of the two at every instant. Bounded, so that no transaction grows long. Gives the number of rows.
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
select pg_catalog.count(*) from kept
