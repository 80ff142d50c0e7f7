alter table {table} validate constraint {name}
