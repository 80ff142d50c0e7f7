-- The table and, where it is partitioned itself, its leaves.
lock table {relation} in {mode} mode
