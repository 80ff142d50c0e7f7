-- How the key's collation orders the digits of the encoding.
select pg_catalog.string_agg(d.digit, '' order by d.digit collate {collation})
from pg_catalog.regexp_split_to_table({digits}, '') as d(digit)
