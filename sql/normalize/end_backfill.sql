delete from {backfill} where name = {name}
