-- A dry run and a report read over a session in which the server itself refuses every write.
set default_transaction_read_only = on
