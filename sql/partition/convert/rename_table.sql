alter table {table} rename to {new}
