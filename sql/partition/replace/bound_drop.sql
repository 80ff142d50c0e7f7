-- The bounds say it now.
alter table {table} drop constraint pgtend_bound
