-- Begins a transaction whose commit does not wait for the disk. What a crash takes away of it, it takes away whole: the
-- next one that waits brings it to the disk as well.
begin;
set local synchronous_commit = off
