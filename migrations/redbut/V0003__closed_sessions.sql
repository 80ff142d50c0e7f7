-- pgtend: requires=users(id,name,session_id,waiter_id,table_number,created_at)
-- Closed sessions leave the table that the tablets read, and are kept for those who count.
create table users_closed (
    id integer not null,
    name text,
    session_id text not null,
    waiter_id integer,
    table_number integer,
    created_at timestamptz not null,
    archived_at timestamptz not null default now(),
    primary key (id, created_at)
);
create index users_closed_created_at_idx on users_closed (created_at);
create index users_closed_waiter_id_created_at_idx on users_closed (waiter_id, created_at);
comment on table users_closed is 'Sessions that were closed and archived by archive_closed_sessions()';

create function archive_closed_sessions(closed_for interval default '7 days', batch integer default 5000)
returns bigint
language plpgsql
set search_path = public, pg_temp
set lock_timeout = '500ms'
as $$
declare
    archived bigint;
begin
    if closed_for is null or closed_for < interval '0' then
        raise exception 'a session cannot be closed for %', coalesce(closed_for::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    if batch is null or batch < 1 then
        raise exception 'a batch is at least one session' using errcode = 'invalid_parameter_value';
    end if;
    with chosen as materialized (
        select id, created_at
        from users
        where session_id like 'CLOSED_%' and created_at < statement_timestamp() - closed_for
        order by created_at
        limit batch
        -- Two archivers take different rows, and neither waits for the application.
        for update skip locked
    ),
    moved as (
        -- The lower and the upper bound let the server leave the other partitions alone.
        delete from users
        using chosen
        where users.id = chosen.id and users.created_at = chosen.created_at
            and users.created_at >= (select min(created_at) from chosen)
            and users.created_at <= (select max(created_at) from chosen)
        returning users.id, users.name, users.session_id, users.waiter_id, users.table_number, users.created_at
    ),
    kept as (
        insert into users_closed (id, name, session_id, waiter_id, table_number, created_at)
        select id, name, session_id, waiter_id, table_number, created_at from moved
        returning 1
    )
    select count(*) into archived from kept;
    return archived;
end
$$;
revoke execute on function archive_closed_sessions(interval, integer) from public;
comment on function archive_closed_sessions(interval, integer) is
    'Moves sessions that are closed and older than the interval to users_closed, at most a batch of them, in one '
    'transaction; returns how many. Call it until it returns 0';
