-- The proved check spares it the reading of the table.
alter table {table} alter column {column} set not null
