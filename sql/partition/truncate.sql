-- Gives the disk back at once, without a lock on the tables that the foreign keys refer to; the DROP needs them.
truncate table {partition}
