-- Where a query of the user's own looks for names: as in psql.
set search_path to {schemas}
