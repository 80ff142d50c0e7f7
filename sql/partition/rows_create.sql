-- A table for rows of another one, with its keys and checks. What it gives to new rows by itself it has no need of.
create table {target} (like {source} including all excluding identity excluding defaults)
