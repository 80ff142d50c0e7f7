alter table {partition} replica identity {identity}
