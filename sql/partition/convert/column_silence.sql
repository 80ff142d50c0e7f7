-- Triggers of the application have nothing to do with the column.
set session_replication_role = replica
