-- The snapshots that a window may be summed from, with how many parts of each are there beside it.
-- $1 from, $2 to
select pg_catalog.row_to_json(x)::text as row
from (
    select s.*, (select pg_catalog.count(*) from snapshot as p where p.part_of = s.id) as parts
    from snapshot as s
    where s.at >= $1::timestamptz and s.began <= $2::timestamptz
    order by s.at
) as x
