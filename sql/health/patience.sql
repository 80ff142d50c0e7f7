-- A check waits for no lock that somebody holds and for no query that does not end; it says so instead.
set lock_timeout = '100ms';
set statement_timeout = '5s'
