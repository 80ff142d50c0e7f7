-- What the rows are, whatever their order: their number, and the sum of the hashes of each row as text.
select pg_catalog.count(*),
       coalesce(pg_catalog.sum(pg_catalog.hashtextextended(row({columns})::text, 0)::numeric), 0)
from {partition}
