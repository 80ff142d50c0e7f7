-- How many blocks a table has.
select pg_catalog.pg_relation_size({leaf}::pg_catalog.regclass) / pg_catalog.current_setting('block_size')::int8
