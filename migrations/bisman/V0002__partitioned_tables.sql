-- pgtend: requires=thread_messages(id,"threadId","senderId","createdAt")
-- pgtend: requires=client_usage_events(id,user_id,event_type,occurred_at)
-- pgtend: requires=audit_logs(id,entity_type,entity_id,created_at)
-- pgtend: requires=threads(id)
-- pgtend: requires=users(id)
-- The partitioned twins of three tables that only grow. They are shells: `pgtend partition maintain` makes their
-- partitions from pgtend.toml. There is no default partition: who forgets a month is refused, and hears of it.
create table thread_messages_partitioned (
    like thread_messages including defaults including constraints including comments,
    primary key (id, "createdAt"),
    foreign key ("threadId") references threads (id) on delete cascade,
    foreign key ("senderId") references users (id)
) partition by range ("createdAt");
create index idx_thread_messages_partitioned_thread_created
    on thread_messages_partitioned ("threadId", "createdAt" desc);
create index idx_thread_messages_partitioned_sender_created
    on thread_messages_partitioned ("senderId", "createdAt" desc);
comment on table thread_messages_partitioned is 'Messages by month of "createdAt"';

create table client_usage_events_partitioned (
    like client_usage_events including defaults including constraints including comments,
    primary key (id, occurred_at),
    foreign key (user_id) references users (id) on delete set null
) partition by range (occurred_at);
create index idx_client_usage_events_partitioned_user_date
    on client_usage_events_partitioned (user_id, occurred_at desc);
comment on table client_usage_events_partitioned is 'Usage events by month of occurred_at';

create table audit_logs_partitioned (
    like audit_logs including defaults including constraints including comments,
    primary key (id, created_at)
) partition by range (created_at);
create index idx_audit_logs_partitioned_entity
    on audit_logs_partitioned (entity_type, entity_id, created_at desc);
comment on table audit_logs_partitioned is 'Audit entries by month of created_at';

-- One sequence feeds a table and its twin, so that an id is never given twice. Identity columns do not come by LIKE.
-- pgtend: allow=ddl-in-body reason="the sequences' names are the application's to choose"
do $$
declare
    sequence text;
    twin text;
begin
    foreach twin in array array['client_usage_events', 'audit_logs'] loop
        sequence := pg_catalog.pg_get_serial_sequence(twin, 'id');
        if sequence is not null then
            execute pg_catalog.format(
                'alter table %I alter column id set default pg_catalog.nextval(%L::pg_catalog.regclass)',
                twin || '_partitioned', sequence
            );
        end if;
    end loop;
end
$$;
