alter sequence {sequence} owned by {table}.{column}
