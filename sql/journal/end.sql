-- Closes the journal's entry of a step.
-- $1 id, $2 outcome, $3 attempts, $4 lock wait and $5 lock hold in milliseconds, $6 error
update run
set finished = pg_catalog.clock_timestamp(),
    outcome = $2,
    attempts = $3,
    lock_wait_ms = $4,
    lock_held_ms = $5,
    error = $6
where id = $1
