-- Readers do not queue behind a refresh that waits for an EXCLUSIVE lock, so that it may wait in one go.
set local lock_timeout = {lock_ms}
