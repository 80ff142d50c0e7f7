alter table {table} drop constraint {name}
