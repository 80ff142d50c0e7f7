alter table {target} validate constraint {name}
