alter table {partition} alter column {column} set statistics {target}
