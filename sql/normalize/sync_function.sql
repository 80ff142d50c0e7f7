-- Brings the target in step with the source for some keys; how many rows and rejects had to change.
create or replace function {function}(sources {queue}[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as {body}
