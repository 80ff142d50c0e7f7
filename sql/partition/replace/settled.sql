with settled as (delete from {batch} returning 1)
select pg_catalog.count(*) from settled
