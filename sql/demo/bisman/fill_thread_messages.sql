-- Chat messages, with who has read them and who has reacted, as several releases of the application wrote it.
-- $1, $2 timestamptz: only of this span.
insert into thread_messages (
    id, "threadId", "senderId", content, attachments, "readBy", reactions,
    "isEdited", "isDeleted", "deletedAt", "createdAt", "updatedAt"
)
with moment as materialized (
    select n, at, now, greatest(1, floor(share_before * threads)::bigint) as open_by_now
    from pg_temp.moments((select messages from life), $1, $2, 20)
    cross join life
),
message as materialized (
    select
        n,
        now,
        at as sent,
        -- Of the threads that are open by now, mostly a young one.
        open_by_now - floor(open_by_now * power(pg_temp.chance(n, 21), 3))::bigint as t,
        pg_temp.chance(n, 22) < 0.02 as deleted,
        pg_temp.chance(n, 27) between 0.1 and 0.13 as edited,
        least(now, at + interval '20 minutes' * pg_temp.chance(n, 25)) as changed,
        1 + floor(20 * pg_temp.chance(n, 24))::integer as phrase,
        power(pg_temp.chance(n, 29), 0.8) as reach,
        pg_temp.chance(n, 30) < 0.18 as liked,
        power(pg_temp.chance(n, 31), 5) as applause
    from moment
)
select
    'c' || lpad(to_hex((extract(epoch from sent) * 1000)::bigint), 11, '0') || substr(md5('message' || n), 1, 13),
    conversation.id,
    people[1 + floor(members * power(pg_temp.chance(n, 23), 2))::integer],
    case when deleted then '' else (array[
        'Please approve the travel claim, the vendor is waiting.', 'Done.', 'Thanks!', 'ok',
        'The invoice has the wrong GST number, I have sent it back.', 'Can we move the review to Thursday?',
        'Stock count for the Pune warehouse is attached.', 'Who has the signed purchase order?',
        'Payment run is scheduled for tomorrow morning.', 'Looks good to me', 'I will check and come back to you.',
        'Client confirmed the delivery window: 10:00 to 14:00, gate 3. Please tell the driver and send me his number.',
        'Please see the revised quotation. We took out the annual maintenance, added freight, and kept the discount '
            || 'that was agreed in the last call. If nobody objects until this evening it goes out as it is.',
        'Reminder: timesheets close today at 18:00.', 'Sharing the minutes of the call.', '👍',
        'This has been pending since last week, could someone from Finance have a look?',
        'The site engineer reports two damaged panels. Photos are attached.', 'Noted', 'Why was this rejected?'
    ])[phrase] end,
    case when n % 17 = 0 and not deleted then jsonb_build_array(jsonb_build_object(
        'name', 'IMG_' || n % 9973 || '.jpg', 'bytes', 40000 + n % 900000, 'mime', 'image/jpeg'
    )) end,
    case
        -- The first releases wrote nothing where nobody had read yet.
        when n % 97 = 0 and sent < now - interval '1 year' then null
        -- What no release should have written, and one did.
        when n % 401 = 0 then (array[
            '{"userId": 12, "readAt": "2026-01-05T08:00:00.000Z"}', 'null', '[null]', '["12"]', '[{"userId": "12"}]',
            '[{"user_id": 12, "readAt": "2026-01-05T08:00:00.000Z"}]', '[{"userId": "abc"}]', '[{"userId": 12}]',
            '[{"userId": 12, "readAt": "yesterday"}]', '[{"userId": 12, "readAt": "2026-01-05T13:30:00+05:30"}]',
            '[{"userId": 12, "readAt": 1767600000000}]',
            '[{"userId": 12, "readAt": "2026-01-05T08:00:00.000Z"}, {"userId": 12, "readAt": "2026-01-06T08:00:00.000Z"}]'
        ])[1 + n / 401 % 12]::jsonb
        else (
            select coalesce(jsonb_agg(jsonb_build_object('userId', people[place], 'readAt', pg_temp.iso(
                least(now, sent + interval '30 hours' * power(pg_temp.chance(n * 32 + place, 28), 6))
            ))), '[]')
            from generate_series(1, floor(members * reach)::integer) as place
        )
    end,
    case
        when n % 1301 = 0 then (array[
            '{"👍": 2}', '{"👍": null}', '{":very_long_party_parrot:": [7]}', '{"❤": [7], "❤️": [7]}', '{"": [7]}'
        ])[1 + n / 1301 % 5]::jsonb
        when not liked then '{}'
        when sent < now - interval '7 months' then jsonb_build_array(jsonb_build_object(
            'emoji', '👍', 'userId', people[members], 'createdAt', pg_temp.iso(sent + interval '3 minutes')
        ))
        else jsonb_build_object(
            (array['👍', '👍', '👍', '❤️', '🎉', '😂', '🙏', '✅'])[1 + floor(8 * pg_temp.chance(n, 26))::integer],
            people[1:1 + floor(members * applause)::integer]
        )
    end,
    edited,
    deleted,
    case when deleted then changed end,
    sent,
    case when deleted or edited then changed else sent end
from message
join (select *, cardinality(people) as members from conversation) as conversation using (t)
