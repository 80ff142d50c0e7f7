-- How long one lock may be waited for, and one statement may run, in milliseconds, until the end of the transaction.
set local lock_timeout = {lock_ms};
set local statement_timeout = {statement_ms}
