-- As search_path.sql, for a statement that cannot run in a transaction block.
set search_path = {path}
