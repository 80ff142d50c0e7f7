-- Notes elements that could not be read. JSON's null stays one.
insert into {reject} as r (name, source_key, path, element, reason, detail)
select {name}, n ->> 'source_key', n ->> 'path', n -> 'element', n ->> 'reason', n ->> 'detail'
from pg_catalog.jsonb_array_elements({rejects}) as n
on conflict (name, source_key, path) do update
set element = excluded.element, reason = excluded.reason, detail = excluded.detail, acknowledged = null
