alter table {partition} set unlogged
