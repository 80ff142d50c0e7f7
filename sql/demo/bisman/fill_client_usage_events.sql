-- What people do in the client. $1, $2 timestamptz: only of this span.
insert into client_usage_events (id, user_id, session_id, event_type, page, payload, occurred_at)
with event as materialized (
    select
        n,
        at,
        1 + floor(12 * pg_temp.chance(n, 71))::integer as kind,
        1 + floor(8 * power(pg_temp.chance(n, 72), 1.6))::integer as place,
        -- People do several things in a row.
        n / 12 + n % 3 * 1000003 as visit
    from pg_temp.moments((select events from life), $1, $2, 70)
)
select
    n,
    pg_temp.person(visit, 73),
    md5('visit' || visit)::uuid,
    (array[
        'page_view', 'page_view', 'page_view', 'page_view', 'click', 'click', 'click', 'search', 'upload',
        'approve', 'export', 'error'
    ])[kind],
    (array['/chat', '/expenses', '/approvals', '/dashboard', '/stock', '/payroll', '/reports', '/settings'])[place],
    case
        when kind <= 4 then jsonb_build_object('load_ms', 80 + n * 7919 % 900)
        when kind <= 7 then jsonb_build_object('element', 'button-' || n % 40, 'x', n % 1900, 'y', n % 1000)
        when kind = 8 then jsonb_build_object('query', 'invoice ' || n % 5000, 'hits', n % 31)
        when kind = 9 then jsonb_build_object('bytes', n * 7919 % 4000000, 'mime', 'application/pdf')
        when kind = 12 then jsonb_build_object('message', 'Request failed with status 504', 'retry', n % 2 = 0)
        else '{}'
    end,
    at
from event
