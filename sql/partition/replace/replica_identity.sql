alter table {table} replica identity using index {index}
