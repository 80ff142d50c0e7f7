-- The table with all its partitions, in one wait.
lock table {relation} in {mode} mode
