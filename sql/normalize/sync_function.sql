-- Brings the target in step with the source for some keys.
create or replace function {function}(sources {queue}[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as {body}
