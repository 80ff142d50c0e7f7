-- The statistics of the table as a whole; autovacuum takes care of the partitions.
analyze only {table}
