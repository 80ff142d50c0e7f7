-- Drops what is older than anybody wants to know, with its differences, and tells how many snapshots that were.
-- $1 before when
with dropped as (
    delete from snapshot as s where s.at < $1::timestamptz returning s.id
), statements as (
    delete from statement_delta as d using dropped as s where d.snapshot_id = s.id
), relations as (
    delete from relation_delta as d using dropped as s where d.snapshot_id = s.id
), indexes as (
    delete from index_delta as d using dropped as s where d.snapshot_id = s.id
)
select pg_catalog.count(*) from dropped
