select '$'::text, s.{column}, array[]::bigint[], 'column_wrong_type'::text, 0, 0{nulls}
            where pg_catalog.jsonb_typeof(s.{column}) not in ({kinds})
              and s.{column} not in ('[]', '{{}}')
