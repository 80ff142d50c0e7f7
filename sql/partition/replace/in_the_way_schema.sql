-- Publications for all tables of a partition's schema: they would publish the copies too. PostgreSQL 15 and newer.
-- $1 oid of the partition
select 'publication ' || pg_catalog.quote_ident(p.pubname)
       || ' is for all tables of the schema: its subscribers would be sent the copies too' as reason
from pg_catalog.pg_publication_namespace as m
join pg_catalog.pg_publication as p on p.oid = m.pnpubid
join pg_catalog.pg_class as c on c.relnamespace = m.pnnspid
where c.oid = $1
