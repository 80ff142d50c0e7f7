-- The intervals of a window: those whose middle lies in it.
-- $1 from, $2 to
select pg_catalog.row_to_json(s)::text as row
from snapshot as s
where s.began + (s.at - s.began) / 2 between $1::timestamptz and $2::timestamptz
order by s.at
