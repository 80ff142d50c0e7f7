-- Notes the keys of changed rows. It never looks whether a key is noted already: the one who empties the queue may be
-- about to take that note away.
create or replace function {function}() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as {body}
