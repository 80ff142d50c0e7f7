alter publication {publication} drop table {table}
