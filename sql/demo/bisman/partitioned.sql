-- The three partitioned twins that the application's next release writes to. They are shells: a parent without a
-- partition takes no row, and there is no default partition, so whoever forgets a month stops the application.
create table thread_messages_partitioned (
    like thread_messages including defaults including comments,
    primary key (id, "createdAt"),
    foreign key ("threadId") references threads (id) on delete cascade,
    foreign key ("senderId") references users (id),
    constraint thread_messages_deleted_check check ("isDeleted" = ("deletedAt" is not null))
) partition by range ("createdAt");
create index on thread_messages_partitioned ("threadId", "createdAt" desc);
create index on thread_messages_partitioned ("senderId");
comment on table thread_messages_partitioned is 'Messages by month of "createdAt"';

-- One sequence feeds the table and its twin, so that an id is never given twice.
create table client_usage_events_partitioned (
    id bigint not null default nextval('client_usage_events_id_seq'),
    user_id integer references users (id) on delete set null,
    session_id uuid,
    event_type text not null,
    page text,
    payload jsonb not null default '{}',
    occurred_at timestamptz not null default now(),
    primary key (id, occurred_at)
) partition by range (occurred_at);
create index on client_usage_events_partitioned (user_id, occurred_at);
comment on table client_usage_events_partitioned is 'Usage events by month of occurred_at';

create table audit_logs_partitioned (
    id bigint not null default nextval('audit_logs_id_seq'),
    user_id integer,
    action text not null,
    entity_type text not null,
    entity_id text not null,
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    created_at timestamptz not null default now(),
    primary key (id, created_at)
) partition by range (created_at);
create index on audit_logs_partitioned (entity_type, entity_id);
comment on table audit_logs_partitioned is 'Audit entries by month of created_at';

grant select, insert, update, delete
    on thread_messages_partitioned, client_usage_events_partitioned, audit_logs_partitioned
    to bisman_app
