-- A report waits for no lock that somebody holds and for no query that does not end; it says so instead. What it reads
-- of the statistics is of one moment.
set lock_timeout = '100ms';
set statement_timeout = '5s';
-- Tens of thousands of statements take a moment to compare.
set idle_in_transaction_session_timeout = '60s'
