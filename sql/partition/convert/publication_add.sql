alter publication {publication} add table {table}{columns}{filter}
