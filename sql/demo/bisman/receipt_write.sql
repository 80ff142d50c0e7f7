-- People read messages, mark them as unread again, react and think better of it; one write in forty is what no release
-- should have written. $1 bigint: a number not used before.
update thread_messages
set "readBy" = case
        when jsonb_typeof("readBy") is distinct from 'array' then '[]'
        when $1::bigint % 40 = 0 then "readBy" || '[{"userId": "abc"}]'
        when $1::bigint % 3 = 0 then "readBy" - 0
        else "readBy" || jsonb_build_array(jsonb_build_object(
            'userId', 1 + $1::bigint % 400, 'readAt', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
    end,
    reactions = case $1::bigint % 5
        when 0 then jsonb_build_object('👍', jsonb_build_array(1 + $1::bigint % 400))
        when 1 then '{}'
        else reactions
    end
where id = (
    -- Ids begin with the time in milliseconds.
    select id from thread_messages
    where id >= 'c' || lpad(to_hex(((extract(epoch from now()) - ($1::bigint * 7919 % 400) * 86400) * 1000)::bigint), 11, '0')
    order by id
    limit 1
)
