-- Reads the table once, under a lock that stops neither readers nor writers.
alter table {table} validate constraint pgtend_bound
