-- How long each lock may be waited for, in milliseconds, on a connection of its own.
set lock_timeout = {lock_ms}
