-- The versions in sqlx's table, and whether each came to its end.
select version, success from {table} order by version
