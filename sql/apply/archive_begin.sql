-- One snapshot for the rows and their digest. The time between two rows is the disk's, not an idle client's.
begin isolation level repeatable read;
set local lock_timeout = {lock_ms};
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0
