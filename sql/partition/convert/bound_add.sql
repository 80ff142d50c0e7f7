-- What ATTACH would otherwise read the whole table for, under its lock. NOT VALID: for an instant only.
alter table {table} add constraint pgtend_bound check ({key} is not null and {key} < {to}) not valid
