-- How many rows a default partition holds, counted up to a limit.
-- Holes: default, the partition.
select pg_catalog.count(*) from (select from {default} limit 100001) as sample
