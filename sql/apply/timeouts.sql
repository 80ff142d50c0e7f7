-- How long one lock may be waited for, and one statement may run, in milliseconds, until the end of the transaction. No
-- statement is compiled while others wait for a lock, whatever the database's thresholds are.
set local lock_timeout = {lock_ms};
set local statement_timeout = {statement_ms};
set local jit = off
