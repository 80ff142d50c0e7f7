-- Partitions that a split, drain, merge or undo has begun to copy.
-- $1 oids
select g.tgrelid::regclass::text as name
from pg_catalog.pg_trigger as g
where g.tgrelid = any ($1::oid[]) and g.tgname = 'pgtend_replace' and not g.tgisinternal
order by 1
