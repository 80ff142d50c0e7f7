case when pg_catalog.jsonb_typeof(p.element) <> 'object' then 'element_wrong_type' end
