-- Drops the snapshots that are part of a sum and old enough, with their differences, and tells how many those were.
-- $1 their level, $2 before when
with dropped as (
    delete from snapshot as s
    where s.level = $1::text
      and s.at < $2::timestamptz
      and s.part_of is not null
      and not exists (select from snapshot as p where p.part_of = s.id)
    returning s.id
), statements as (
    delete from statement_delta as d using dropped as s where d.snapshot_id = s.id
), relations as (
    delete from relation_delta as d using dropped as s where d.snapshot_id = s.id
), indexes as (
    delete from index_delta as d using dropped as s where d.snapshot_id = s.id
)
select pg_catalog.count(*) from dropped
