-- The versions in the table of dbmate or refinery.
select version from {table} order by version
