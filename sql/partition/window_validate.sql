-- Reads the default partition once, under a lock that stops neither readers nor writers.
alter table {default} validate constraint pgtend_default_window
