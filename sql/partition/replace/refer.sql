-- Checks new rows from now on; the others are proved later, without holding up anybody.
alter table {table} add constraint {name} {definition} not valid
