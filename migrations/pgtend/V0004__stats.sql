-- The snapshot store: what the server's counters grew by between one capture and the next, so that "the last 24 hours" is
-- true without ever resetting anybody's statistics. Rows hold differences, never totals: windows are plain sums.
create table snapshot (
    id bigint generated always as identity primary key,
    -- The interval that the differences belong to. No beginning: counted since an unknown time.
    began timestamptz,
    at timestamptz not null,
    level text not null default 'capture' check (level in ('capture', 'hour', 'day')),
    captures integer not null default 1,
    -- What makes a sum over this interval a lower bound, or stands between it and the one before.
    crashes integer not null default 0,
    restarts integer not null default 0,
    resets integer not null default 0,
    evictions double precision not null default 0,
    has_statements boolean not null,
    server_version integer not null,
    took_ms double precision,
    commits double precision not null default 0,
    rollbacks double precision not null default 0,
    hit double precision not null default 0,
    read double precision not null default 0,
    temp_bytes double precision not null default 0,
    deadlocks double precision not null default 0
);
create index snapshot_at on snapshot (at);

create table statement (
    fingerprint bigint primary key,
    text text not null,
    first_seen timestamptz not null default now()
);

create table statement_delta (
    snapshot_id bigint not null references snapshot on delete cascade,
    fingerprint bigint not null,
    database_oid bigint not null,
    user_oid bigint not null,
    calls double precision not null,
    exec_ms double precision not null,
    exec_ms_squared double precision not null,
    plan_ms double precision not null,
    rows double precision not null,
    hit double precision not null,
    read double precision not null,
    dirtied double precision not null,
    written double precision not null,
    temp double precision not null,
    io_ms double precision not null,
    wal_bytes double precision not null,
    -- The slowest execution, where this interval has raised it.
    max_ms double precision
);
create index statement_delta_snapshot on statement_delta (snapshot_id);

create table relation_delta (
    snapshot_id bigint not null references snapshot on delete cascade,
    oid bigint not null,
    root bigint not null,
    seq_scans double precision not null,
    seq_rows double precision not null,
    index_scans double precision not null,
    index_rows double precision not null,
    inserted double precision not null,
    updated double precision not null,
    hot_updated double precision not null,
    deleted double precision not null,
    table_hit double precision not null,
    table_read double precision not null,
    index_hit double precision not null,
    index_read double precision not null
);
create index relation_delta_snapshot on relation_delta (snapshot_id);

create table index_delta (
    snapshot_id bigint not null references snapshot on delete cascade,
    oid bigint not null,
    root bigint not null,
    scans double precision not null,
    entries double precision not null
);
create index index_delta_snapshot on index_delta (snapshot_id);

-- The counters as the last capture has read them: one row, compressed.
create table last_reading (
    single boolean primary key default true check (single),
    at timestamptz,
    reading bytea
);
insert into last_reading default values;

create view v_slow_queries as
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
group by t.fingerprint, t.text
having sum(d.calls) > 0 and sum(d.exec_ms) / sum(d.calls) > 100
order by 3 desc;

create view v_table_access_patterns as
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
group by d.root
order by sum(d.seq_rows) + sum(d.index_rows) desc;

comment on table snapshot is 'pgtend: one row for each capture of the server''s counters';
