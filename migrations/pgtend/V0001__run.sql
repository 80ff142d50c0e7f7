-- The journal: one row for each step of each change that pgtend made, so that a DBA can answer "who did that, when,
-- and for how long was it in the way?". Made on the first change; no command depends on it.
create table run (
    id bigint generated always as identity primary key,
    command text not null,
    target text not null,
    step integer not null,
    steps integer not null,
    summary text not null,
    statements text[] not null,
    started timestamptz not null default clock_timestamp(),
    finished timestamptz,
    outcome text not null default 'running' check (outcome in ('running', 'done', 'failed')),
    attempts integer,
    lock_wait_ms double precision,
    lock_held_ms double precision,
    error text,
    role text not null default current_user,
    pid integer not null default pg_backend_pid(),
    version text not null
);

create index run_target_started on run (target, started);

comment on table run is 'pgtend: one row for each step of each change';
