alter table {table} rename constraint {name} to {new}
