-- The columns of each unique index of a table that holds for all its rows, and whether it is one that can be
-- relied on now.
-- $1 the table
select pg_catalog.array_agg(a.attname::text order by k.place) as columns
from pg_catalog.pg_index as i
cross join lateral pg_catalog.unnest(i.indkey::smallint[]) with ordinality as k (attnum, place)
join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = $1
  and i.indisunique and i.indisvalid and i.indimmediate
  and i.indpred is null and i.indexprs is null
  and k.place <= i.indnkeyatts
group by i.indexrelid
