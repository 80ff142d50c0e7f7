-- Brings the target in step with the source for some keys; how many rows and rejects had to change. It is called for
-- each write: compiling it would take seconds, once for each of them, as soon as the source has partitions.
create or replace function {function}(sources {queue}[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as {body}
