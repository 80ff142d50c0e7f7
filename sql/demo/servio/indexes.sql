-- What the set has built.
select count(*) as indexes, count(*) filter (where indpred is not null) as partial,
    pg_size_pretty(sum(pg_relation_size(indexrelid))) as size
from pg_index
join pg_class on pg_class.oid = indexrelid
where relname like 'idx\_%' and indisvalid
