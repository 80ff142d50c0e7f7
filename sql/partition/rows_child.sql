-- The part of rows_batch.sql that takes rows of another table along, which refer to those that leave.
,
{gone} as (
    delete from {child} as c
    using gone as g
    where {condition}
    returning {returned}
),
{kept} as (
    insert into {target} ({columns}) overriding system value
    select {columns} from {gone}
    returning {columns}
),
{digest} as (
    select (select pg_catalog.count(*) from {gone}) as rows,
           (select pg_catalog.count(*) from {kept}) as kept_rows,
           (select pg_catalog.sum(pg_catalog.hashtextextended(row({columns})::text, 0)::numeric) from {gone}) as hash,
           (select pg_catalog.sum(pg_catalog.hashtextextended(row({columns})::text, 0)::numeric) from {kept}) as kept_hash
)
