-- A TRUNCATE fires no trigger for its rows, so that their rows in the target would stay.
create or replace function {function}() returns trigger
language plpgsql as {body}
