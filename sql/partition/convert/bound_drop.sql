alter table {table} drop constraint if exists pgtend_bound
