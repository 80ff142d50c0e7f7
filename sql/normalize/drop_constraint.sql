alter table {target} drop constraint {name}
