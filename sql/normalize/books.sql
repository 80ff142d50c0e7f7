-- The books of the mappings, all of them or one.
-- $1 name, or null
select b.name, b.source, b.target, b.mapping, b.strategy, b.phase, b.restore::text as restore, b.high_water, b.reached,
       b.counts::text as counts, b.load_ms, b.switched::text as switched,
       (extract(epoch from pg_catalog.clock_timestamp() - b.updated) * 1000)::bigint as idle_ms,
       (extract(epoch from pg_catalog.clock_timestamp() - b.verified) * 1000)::bigint as verified_ms,
       b.verified_clean,
       (select count(*) from reject as r where r.name = b.name and r.acknowledged is null) as rejects_open,
       (select count(*) from reject as r where r.name = b.name) as rejects
from backfill as b
where $1::text is null or b.name = $1
order by b.started, b.name
