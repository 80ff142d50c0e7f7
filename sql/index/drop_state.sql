-- Whether an index is still there.
select case when exists (select from pg_catalog.pg_class as c where c.oid = {oid}) then 'untouched' else 'done' end as state
