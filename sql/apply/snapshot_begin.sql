-- One snapshot for all that is compared; it may last as long as the rows take.
begin isolation level repeatable read read only;
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0
