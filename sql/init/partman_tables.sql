-- What pg_partman is told to do. Its names of tables are not quoted: schema and name are split at the first dot.
select pg_catalog.split_part(t.parent_table, '.', 1),
       pg_catalog.substr(t.parent_table, pg_catalog.strpos(t.parent_table, '.') + 1),
       t.premake::text,
       t.retention,
       t.retention_keep_table::text
from {table} as t
