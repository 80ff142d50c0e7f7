-- The elements that have no row.
-- $1 name of the mapping or null, $2 whether also those that somebody has seen
select r.name, r.source_key, r.path, r.element::text as element, r.reason, r.detail,
       pg_catalog.to_char(r.noticed at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as noticed,
       r.acknowledged is not null as acknowledged
from reject as r
where ($1::text is null or r.name = $1) and (r.acknowledged is null or $2)
order by r.name, r.source_key, r.path
