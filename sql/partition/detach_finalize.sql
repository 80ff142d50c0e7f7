-- Ends a DETACH CONCURRENTLY that was interrupted.
alter table {parent}
    detach partition {partition} finalize
