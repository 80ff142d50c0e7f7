-- The log of migrations: one row for each attempt at a file, so that a run that was interrupted goes on where it
-- stopped, and a DBA sees what failed and why. refinery's history table keeps its own shape beside it.
create table migration_log (
    id bigint generated always as identity primary key,
    set_name text not null,
    history text not null,
    version bigint not null,
    name text not null,
    sha256 text not null,
    mode text not null check (mode in ('transaction', 'statements')),
    status text not null default 'running'
        check (status in ('running', 'ok', 'failed', 'interrupted', 'faked', 'repaired')),
    stmt_done integer not null default 0,
    stmt_total integer not null,
    stmt_sha256 text[] not null default '{}',
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    duration_ms double precision,
    error text,
    sqlstate text,
    applied_by text not null default current_user,
    client_host inet default inet_client_addr(),
    tool_version text not null
);

create index migration_log_history_version on migration_log (history, version);

comment on table migration_log is 'pgtend: one row for each attempt at a migration';
