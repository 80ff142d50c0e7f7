-- Keeps the texts of statements that were not known before.
-- $1 fingerprints, $2 their texts
insert into statement (fingerprint, text)
select t.fingerprint, t.text
from rows from (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::text[])) as t (fingerprint, text)
on conflict (fingerprint) do nothing
