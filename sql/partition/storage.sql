-- A partitioned table cannot hold storage parameters; each partition has its own.
alter table {partition} set ({parameter} = {value})
