-- Taken before the work, so that the wait is known and the order of locks is ours.
lock table only {relation} in {mode} mode
