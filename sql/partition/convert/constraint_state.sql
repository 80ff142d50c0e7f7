-- Whether a constraint is proved: untouched, or done.
select case when k.convalidated then 'done' else 'untouched' end as state
from (select {table}::pg_catalog.regclass::pg_catalog.oid as oid) as t
join pg_catalog.pg_constraint as k on k.conrelid = t.oid and k.conname = {name}
