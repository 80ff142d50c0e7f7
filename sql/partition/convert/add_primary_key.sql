alter table {table} add constraint {name} primary key ({columns})
