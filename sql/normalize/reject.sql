-- Notes elements that could not be read.
insert into {reject} as r (name, source_key, path, element, reason, detail)
select {name}, n.source_key, n.path, n.element, n.reason, n.detail
from pg_catalog.jsonb_to_recordset({rejects}) as n (source_key text, path text, element jsonb, reason text, detail text)
on conflict (name, source_key, path) do update
set element = excluded.element, reason = excluded.reason, detail = excluded.detail, acknowledged = null
