-- Nothing has happened unless of these rows too what arrives is what leaves.
           when (select (d.rows, d.hash) is distinct from (d.kept_rows, d.kept_hash) from {digest} as d)
               then pg_catalog.concat('what arrives is not what leaves: rows of ', {name})::int8::text
