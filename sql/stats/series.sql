-- The time that statements took, hour by hour back from an instant.
-- $1 fingerprints, $2 the instant, $3 hours
select pg_catalog.row_to_json(x)::text as row
from (
    select
        d.fingerprint,
        pg_catalog.floor(extract(epoch from $2::timestamptz - s.at) / 3600)::integer as hours_ago,
        pg_catalog.sum(d.exec_ms) as exec_ms
    from snapshot as s
    join statement_delta as d on d.snapshot_id = s.id
    where s.at <= $2::timestamptz
      and s.at > $2::timestamptz - $3::integer * interval '1 hour'
      and d.fingerprint = any ($1::bigint[])
    group by 1, 2
) as x
