alter table {target} add constraint {name} {definition}
