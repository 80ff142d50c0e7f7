-- One row for each refresh of a materialized view: how long it took, what it cost, and what the tables below looked like
-- before it read them, so that the next run can tell whether anything has changed since. PostgreSQL keeps no time of the
-- last refresh. A view is known by its name: a swap gives it another oid.
create table matview_refresh (
    id bigint generated always as identity primary key,
    schema_name text not null,
    view_name text not null,
    mode text not null check (mode in ('concurrent', 'plain', 'swap')),
    started timestamptz not null default clock_timestamp(),
    finished timestamptz,
    outcome text not null default 'running' check (outcome in ('running', 'done', 'failed')),
    duration_ms double precision,
    rows_after bigint,
    bytes_before bigint,
    bytes_after bigint,
    wal_bytes bigint,
    temp_bytes bigint,
    readers_held_ms double precision,
    evidence jsonb,
    view_xmin text,
    definition text,
    error text,
    role text not null default current_user,
    pid integer not null default pg_backend_pid(),
    version text not null
);

create index matview_refresh_view_started on matview_refresh (schema_name, view_name, started);

comment on table matview_refresh is 'pgtend: one row for each refresh of a materialized view';
comment on column matview_refresh.wal_bytes is 'written by the whole server meanwhile';
comment on column matview_refresh.temp_bytes is 'written by the whole database meanwhile, as far as its statistics tell';
comment on column matview_refresh.readers_held_ms is 'how long the view was locked against readers';
comment on column matview_refresh.evidence is 'the tables below, as they were before they were read';
