-- pgtend: requires=thread_messages(id,"createdAt")
-- pgtend: requires=users(id)
-- pgtend: min-pg=14
-- Who has read a message, and who has reacted to it, as rows. A foreign key to thread_messages itself would end with
-- its conversion: a partitioned table's key holds the month too, and a renamed table takes its foreign keys along.
-- So the messages' ids stand in a table of their own, which the messages' trigger keeps, and which is referenced.
create table thread_message_ids (
    id text primary key,
    created_at timestamptz not null
);
create index idx_thread_message_ids_created on thread_message_ids (created_at);
comment on table thread_message_ids is
    'Every id of thread_messages and its partitioned twin: what message_reads and message_reactions refer to';

create table message_reads (
    id bigint generated always as identity primary key,
    message_id text not null references thread_message_ids (id) on delete cascade,
    user_id integer not null references users (id) on delete cascade,
    read_at timestamptz not null default now(),
    unique (message_id, user_id)
);
create index idx_message_reads_user_read on message_reads (user_id, read_at desc);
comment on table message_reads is 'Who has read which message, and when; was thread_messages."readBy"';

create table message_reactions (
    id bigint generated always as identity primary key,
    message_id text not null references thread_message_ids (id) on delete cascade,
    user_id integer not null references users (id) on delete cascade,
    emoji text not null check (char_length(emoji) between 1 and 64),
    created_at timestamptz not null default now(),
    unique (message_id, user_id, emoji)
);
create index idx_message_reactions_user on message_reactions (user_id);
comment on table message_reactions is 'Who has reacted how to which message; was thread_messages.reactions';

create function register_thread_message() returns trigger
language plpgsql
-- The writer of a message need not be allowed to write here.
security definer
set search_path = public, pg_temp
as $$
declare
    holder regclass;
    still_there boolean;
begin
    if tg_op <> 'DELETE' then
        insert into thread_message_ids (id, created_at)
        values (new.id, new."createdAt")
        on conflict (id) do update set created_at = excluded.created_at
        where thread_message_ids.created_at <> excluded.created_at;
    end if;
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and old.id <> new.id) then
        -- The lock lets two deletions see each other.
        perform from thread_message_ids where id = old.id for update;
        -- While rows move from a table to its twin, both have the message. The tables are those with this trigger,
        -- whatever they are called by now.
        for holder in
            select tgrelid from pg_catalog.pg_trigger
            where tgfoid = 'register_thread_message()'::regprocedure and tgparentid = 0
        loop
            execute format('select exists (select from %s where id = $1)', holder) into still_there using old.id;
            if still_there then
                return null;
            end if;
        end loop;
        delete from thread_message_ids where id = old.id;
    end if;
    return null;
end
$$;
revoke execute on function register_thread_message() from public;
comment on function register_thread_message() is
    'Trigger: keeps thread_message_ids while messages come, go, and move between a table and its partitioned twin';

-- pgtend: allow=trigger-on-live-table reason="taken under the lock timeout, and tried again"
create trigger message_id_registered
    after insert or delete or update of id, "createdAt" on thread_messages
    for each row execute function register_thread_message();
-- pgtend: allow=trigger-on-live-table reason="taken under the lock timeout, and tried again"
create trigger message_id_registered
    after insert or delete or update of id, "createdAt" on thread_messages_partitioned
    for each row execute function register_thread_message();

create procedure register_thread_messages(batch integer default 5000)
language plpgsql
as $$
declare
    last text := '';
    until text;
begin
    -- A procedure that commits cannot have SET clauses; so names are qualified.
    loop
        with locked as materialized (
            -- The lock closes the gap between reading a message here and its deletion elsewhere.
            select id, "createdAt" as created_at
            from public.thread_messages
            where id > last
            order by id
            limit batch
            for key share
        ),
        registered as (
            insert into public.thread_message_ids (id, created_at)
            select id, created_at from locked
            on conflict (id) do nothing
        )
        select pg_catalog.max(id) into until from locked;
        commit;
        exit when until is null;
        last := until;
    end loop;
end
$$;
comment on procedure register_thread_messages(integer) is
    'Registers the messages that are older than the trigger, in batches with a transaction each; may be called again';

create function forget_thread_messages(before timestamptz, batch integer default 10000) returns bigint
language plpgsql
set search_path = public, pg_temp
set lock_timeout = '500ms'
as $$
declare
    gone text;
    forgotten bigint;
begin
    select string_agg(format('not exists (select from %s as m where m.id = registered.id)', tgrelid::regclass), ' and ')
    into strict gone
    from pg_catalog.pg_trigger
    where tgfoid = 'register_thread_message()'::regprocedure and tgparentid = 0;
    -- Without a table that registers, all would look forgotten.
    if gone is null then
        raise exception 'no table has the trigger of register_thread_message()'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    execute format(
        'with gone as materialized (
            select registered.id from thread_message_ids as registered
            where registered.created_at < $1 and %s
            limit $2
            for update skip locked
        )
        delete from thread_message_ids where id in (select id from gone)',
        gone
    ) using before, batch;
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
revoke execute on function forget_thread_messages(timestamptz, integer) from public;
comment on function forget_thread_messages(timestamptz, integer) is
    'After old partitions were dropped: forgets their messages'' ids, with reads and reactions; call until it returns 0';
