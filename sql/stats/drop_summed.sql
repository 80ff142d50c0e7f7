-- Drops the snapshots that have been summed up; their differences go with them.
-- $1 their level, $2 the unit, $3 before when
delete from snapshot as s
where s.level = $1::text
  and s.at < pg_catalog.date_trunc($2::text, $3::timestamptz, 'UTC')
