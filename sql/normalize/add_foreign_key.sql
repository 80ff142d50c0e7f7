alter table {target} add constraint {name} {definition} not valid
