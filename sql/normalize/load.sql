-- Takes rows that the program has read.
copy {table} ({columns}) from stdin (format binary)
