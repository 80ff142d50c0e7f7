-- The elements whose rows the target has refused, from their documents; a path with a place in it leads to others.
update {reject} as r
set element = pg_catalog.jsonb_path_query_first(s.{column}, r.path::pg_catalog.jsonpath, '{{}}', true)
from {source} as s
where r.name = {name} and r.element is null and r.reason ~ '^constraint_' and r.path !~ '[.][*]' and {same_source}
