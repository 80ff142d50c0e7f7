-- The sum of an hour, or of a day, stands beside what it sums as soon as that is over, so that a long window reads few
-- rows. A snapshot that is part of a sum names it: who adds up takes the one or the other.
alter table snapshot add column part_of bigint references snapshot on delete cascade;
-- pgtend: allow=index-not-concurrent reason="only captures write here, and the store is small"
create index snapshot_part_of on snapshot (part_of);

-- One statement's hours are found without the others'.
-- pgtend: allow=index-not-concurrent reason="only captures write here, and the store is small"
create index statement_delta_snapshot_fingerprint on statement_delta (snapshot_id, fingerprint);
-- pgtend: allow=drop-index-not-concurrent reason="only captures and reports are held up, for an instant"
drop index statement_delta_snapshot;

-- The last reading is kept in another form: the next one begins anew.
-- pgtend: allow=bulk-rows reason="the table has one row"
-- pgtend: allow=rows-under-lock reason="the table has one row"
update last_reading set at = null, reading = null;

create or replace view v_slow_queries as
select
    t.text as query,
    sum(d.calls) as calls,
    sum(d.exec_ms) / sum(d.calls) as mean_exec_ms,
    sum(d.exec_ms) as total_exec_ms,
    sum(d.rows) as rows
from snapshot as s
join statement_delta as d on d.snapshot_id = s.id
join statement as t on t.fingerprint = d.fingerprint
where s.at > now() - interval '24 hours' and s.began >= now() - interval '25 hours'
  and not exists (select from snapshot as p where p.part_of = s.id)
group by t.fingerprint, t.text
having sum(d.calls) > 0 and sum(d.exec_ms) / sum(d.calls) > 100
order by 3 desc;

create or replace view v_table_access_patterns as
select
    (select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
     from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.oid = d.root) as "table",
    sum(d.seq_scans) as seq_scans, sum(d.seq_rows) as seq_rows,
    sum(d.index_scans) as index_scans, sum(d.index_rows) as index_rows,
    sum(d.inserted) as inserted, sum(d.updated) as updated,
    sum(d.hot_updated) as hot_updated, sum(d.deleted) as deleted
from snapshot as s
join relation_delta as d on d.snapshot_id = s.id
where s.at > now() - interval '24 hours' and s.began >= now() - interval '25 hours'
  and not exists (select from snapshot as p where p.part_of = s.id)
group by d.root
order by sum(d.seq_rows) + sum(d.index_rows) desc;

comment on column snapshot.part_of is 'the hour or day that this one has been summed into';
