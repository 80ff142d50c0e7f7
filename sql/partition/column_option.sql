alter table {partition} alter column {column} set ({option} = {value})
