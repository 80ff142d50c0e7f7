-- Rows that came after the conversion into another partition.
insert into {table} ({columns}) overriding system value
select {columns} from {partition}
