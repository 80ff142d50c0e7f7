-- A report waits for no lock that somebody holds and for no query that does not end; it says so instead. To compile a
-- plan over the catalog takes longer than to run it.
set jit = off;
set lock_timeout = '100ms';
set statement_timeout = '5s';
-- Tens of thousands of statements take a moment to compare.
set idle_in_transaction_session_timeout = '60s'
