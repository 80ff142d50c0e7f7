-- The books' statements name no schema: its name is the user's to choose.
set search_path = pg_catalog, {schema}
