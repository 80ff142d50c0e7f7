alter table {table} add constraint {name} primary key using index {index}
