-- While the books' tables are made they must land in their schema, so it stands first.
set search_path = {schema}, pg_catalog
