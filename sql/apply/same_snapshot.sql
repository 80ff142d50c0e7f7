-- The same snapshot in a second session. As long as it reads, whatever timeouts the role has.
begin isolation level repeatable read read only;
set transaction snapshot {snapshot};
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0
