-- Drops the snapshots that are part of a sum and old enough; their differences go with them.
-- $1 their level, $2 before when
delete from snapshot as s
where s.level = $1::text
  and s.at < $2::timestamptz
  and s.part_of is not null
  and not exists (select from snapshot as p where p.part_of = s.id)
