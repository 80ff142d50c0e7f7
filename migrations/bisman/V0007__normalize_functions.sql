-- pgtend: requires=thread_messages(id,"readBy",reactions,"createdAt")
-- pgtend: requires=users(id)
-- For those who call them from psql: all in one transaction, which a large table does not forgive. `pgtend normalize`
-- is the good way: in batches, resumable, beside the application, with every rejected element kept and explained.
-- What these functions cannot read they count and leave where it is: the JSON is not changed.
create function readable_user_id(value text) returns integer
language sql immutable parallel safe
begin atomic
    select case
        when value ~ '^\s*[0-9]{1,10}(\.0+)?\s*$' and trunc(value::numeric) between 1 and 2147483647
            then trunc(value::numeric)::integer
    end;
end;
comment on function readable_user_id(text) is 'A positive whole number as an integer, whatever else as null';

create function readable_time(value text) returns timestamptz
language sql stable parallel safe
-- A time without a zone is UTC, as JavaScript's toISOString() means it.
set timezone = 'UTC'
set datestyle = 'ISO'
begin atomic
    select case
        when value ~ ('^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]'
            || '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?'
            || '(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?$')
        then case
            when substr(value, 9, 2)::integer <= extract(day from
                make_date(substr(value, 1, 4)::integer, substr(value, 6, 2)::integer, 1)
                    + interval '1 month' - interval '1 day'
            ) then value::timestamptz
        end
    end;
end;
comment on function readable_time(text) is
    'An ISO 8601 time as such, whatever else ("yesterday", "01/02/2024", 1714557600000) as null';

create function migrate_readby_to_normalized(out migrated bigint, out already_there bigint, out rejected bigint)
language plpgsql
set search_path = public, pg_temp
set lock_timeout = '500ms'
as $$
begin
    with element as materialized (
        select m.id as message_id, m."createdAt" as sent, e.value, e.place
        from thread_messages as m
        cross join lateral jsonb_array_elements(
            -- What is no array is one unreadable element.
            case
                when m."readBy" is null then '[]'
                when jsonb_typeof(m."readBy") = 'array' then m."readBy"
                else '[null]'
            end
        ) with ordinality as e (value, place)
    ),
    read as materialized (
        select
            element.message_id,
            element.place,
            users.id as user_id,
            case
                when element.value -> 'readAt' is null or element.value -> 'readAt' = 'null' then element.sent
                when jsonb_typeof(element.value -> 'readAt') = 'string'
                    then readable_time(element.value ->> 'readAt')
            end as read_at
        from element
        left join users
            on jsonb_typeof(element.value) = 'object'
            and jsonb_typeof(element.value -> 'userId') in ('number', 'string')
            and users.id = readable_user_id(element.value ->> 'userId')
    ),
    fit as materialized (
        select message_id, user_id, read_at, place from read
        where user_id is not null and read_at is not null
    ),
    inserted as (
        insert into message_reads (message_id, user_id, read_at)
        select distinct on (message_id, user_id) message_id, user_id, read_at
        from fit
        order by message_id, user_id, place
        on conflict (message_id, user_id) do nothing
        returning 1
    )
    select (select count(*) from inserted), (select count(*) from fit), (select count(*) from read)
    into migrated, already_there, rejected;
    rejected := rejected - already_there;
    already_there := already_there - migrated;
end
$$;
comment on function migrate_readby_to_normalized() is
    'Copies thread_messages."readBy" into message_reads: how many rows are new, were there or were named twice, '
    'and could not be read. May be called again';

create function migrate_reactions_to_normalized(out migrated bigint, out already_there bigint, out rejected bigint)
language plpgsql
set search_path = public, pg_temp
set lock_timeout = '500ms'
as $$
begin
    with message as materialized (
        select id, "createdAt" as sent, reactions, jsonb_typeof(reactions) as shape
        from thread_messages
        where reactions is not null and reactions not in ('{}', '[]')
    ),
    element as materialized (
        -- {"👍": [12, 44]}
        select m.id as message_id, m.sent, o.key as emoji, a.value as user_id, null::jsonb as at
        from message as m
        cross join lateral jsonb_each(case when m.shape = 'object' then m.reactions else '{}' end) as o (key, value)
        cross join lateral jsonb_array_elements(
            case when jsonb_typeof(o.value) = 'array' then o.value else '[null]' end
        ) as a (value)
        union all
        -- [{"emoji": "👍", "userId": 12, "createdAt": "..."}]
        select m.id, m.sent, a.value ->> 'emoji', a.value -> 'userId', a.value -> 'createdAt'
        from message as m
        cross join lateral jsonb_array_elements(
            case when m.shape = 'array' then m.reactions when m.shape = 'object' then '[]' else '[null]' end
        ) as a (value)
    ),
    reaction as materialized (
        select
            element.message_id,
            case when char_length(element.emoji) between 1 and 64 then element.emoji end as emoji,
            users.id as user_id,
            case
                when element.at is null or element.at = 'null' then element.sent
                when jsonb_typeof(element.at) = 'string' then readable_time(element.at #>> '{}')
            end as created_at
        from element
        left join users
            on jsonb_typeof(element.user_id) in ('number', 'string')
            and users.id = readable_user_id(element.user_id #>> '{}')
    ),
    fit as materialized (
        select message_id, user_id, emoji, created_at from reaction
        where user_id is not null and emoji is not null and created_at is not null
    ),
    inserted as (
        insert into message_reactions (message_id, user_id, emoji, created_at)
        select distinct on (message_id, user_id, emoji) message_id, user_id, emoji, created_at
        from fit
        order by message_id, user_id, emoji, created_at
        on conflict (message_id, user_id, emoji) do nothing
        returning 1
    )
    select (select count(*) from inserted), (select count(*) from fit), (select count(*) from reaction)
    into migrated, already_there, rejected;
    rejected := rejected - already_there;
    already_there := already_there - migrated;
end
$$;
comment on function migrate_reactions_to_normalized() is
    'Copies thread_messages.reactions, of either shape, into message_reactions: how many rows are new, were there or '
    'were named twice, and could not be read. May be called again';
revoke execute on function migrate_readby_to_normalized() from public;
revoke execute on function migrate_reactions_to_normalized() from public;
