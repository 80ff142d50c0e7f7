-- Called for each row that is written: compiling its queries would take longer than they do.
create function {function}() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as {body}
