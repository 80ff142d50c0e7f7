-- The server finds a name for it.
alter table {table} add {definition}
