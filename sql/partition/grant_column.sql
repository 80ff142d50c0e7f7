grant {privilege} ({column}) on table {partition} to {role}{option}
