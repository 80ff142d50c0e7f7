-- WAL files that wait to be archived. A file of its own: a role that may not look must not even name the function.
select pg_catalog.count(*) as files
from pg_catalog.pg_ls_archive_statusdir() as f
where f.name like '%.ready'
