-- A capture writes thousands of differences of one snapshot: to look that one up for each took longer than to write them.
-- They are dropped with their snapshot by whoever drops that.
alter table statement_delta drop constraint statement_delta_snapshot_id_fkey;
alter table relation_delta drop constraint relation_delta_snapshot_id_fkey;
alter table index_delta drop constraint index_delta_snapshot_id_fkey;
