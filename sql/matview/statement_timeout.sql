-- How long a refresh may read, in milliseconds; 0 is no limit.
set local statement_timeout = {statement_ms}
