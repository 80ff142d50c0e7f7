-- $1 bigint[]
insert into acknowledged select pg_catalog.unnest($1::bigint[])
