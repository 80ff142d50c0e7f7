-- The value of one sequence as it stands: of one that was not called, what the next call gives.
-- Holes: oid, sequence.
select {oid}::bigint as oid, s.last_value from {sequence} as s
