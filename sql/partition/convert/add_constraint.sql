alter table {table} add constraint {name} {definition}
