-- Takes keys from the queue, then, in a later statement that sees what was committed meanwhile, brings their rows in step.
create or replace function {function}(most bigint) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as {body}
