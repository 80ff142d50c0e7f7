grant {privilege} on table {partition} to {role}{option}
