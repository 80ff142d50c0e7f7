set local statement_timeout = {statement_ms}
