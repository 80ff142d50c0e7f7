-- The ordinary table to be, with everything that its rows need; indexes are built when the rows are there. An identity
-- stays with the partitioned table until the exchange.
create table {table} (
    like {source} including all excluding indexes excluding identity
) using {access_method}
