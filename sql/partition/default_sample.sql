-- How many rows a default partition holds, counted up to a limit, and between which keys.
with sample as materialized (
    select {key} as key from {default} limit 1000001
)
select (select pg_catalog.count(*) from sample),
       (select s.key::text from sample as s order by s.key limit 1),
       (select s.key::text from sample as s where s.key is not null order by s.key desc limit 1)
