alter table {partition} set tablespace {tablespace}
