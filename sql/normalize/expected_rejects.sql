select pg_catalog.count(*) from {reject} where name = {name} and reason !~ '^constraint_'
