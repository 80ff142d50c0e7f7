-- The time that statements took in each snapshot.
-- $1 snapshots, $2 fingerprints
select d.snapshot_id, d.fingerprint, pg_catalog.sum(d.exec_ms) as exec_ms
from statement_delta as d
where d.snapshot_id = any ($1::bigint[])
  and d.fingerprint = any ($2::bigint[])
group by d.snapshot_id, d.fingerprint
