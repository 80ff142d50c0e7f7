-- Not left to autovacuum, whose moment would change the plans, and the figures, of what follows.
vacuum (analyze)
