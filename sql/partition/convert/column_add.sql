-- Without a default: no row is written.
alter table {table} add column {column} {type}{collation}
