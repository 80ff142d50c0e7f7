-- Rows that would go, or change, with those that leave, and are to be kept.
           when exists (select from {child} as c cross join gone as g where ({columns}) = ({referenced_columns}))
               then pg_catalog.concat('a row refers to one of these meanwhile: ', {name})::int8::text
