case when pg_catalog.jsonb_typeof(p.element) = 'null' then 'element_wrong_type' end
