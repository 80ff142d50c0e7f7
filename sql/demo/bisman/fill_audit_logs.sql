-- Who changed what. $1, $2 timestamptz: only of this span.
insert into audit_logs (id, user_id, action, entity_type, entity_id, old_values, new_values, ip_address, created_at)
with entry as materialized (
    select
        n,
        at,
        1 + floor(8 * pg_temp.chance(n, 81))::integer as kind,
        1 + floor(greatest(1, share_before * claims) * power(pg_temp.chance(n, 82), 0.3))::bigint as claim,
        pg_temp.person(n, 83) as person
    from pg_temp.moments((select entries from life), $1, $2, 80)
    cross join life
)
select
    n,
    person,
    (array['CREATE', 'UPDATE', 'UPDATE', 'APPROVE', 'REJECT', 'LOGIN', 'LOGIN', 'EXPORT'])[kind],
    (array['expense', 'expense', 'expense', 'approval', 'approval', 'session', 'session', 'report'])[kind],
    case when kind <= 5 then claim::text when kind <= 7 then md5('session' || n) else 'r' || n % 90 end,
    case
        when kind in (2, 3) then jsonb_build_object('status', 'pending', 'amount', 50 + n * 7919 % 100000)
        when kind in (4, 5) then jsonb_build_object('status', 'pending')
    end,
    case
        when kind = 1 then jsonb_build_object('status', 'pending', 'amount', n * 7919 % 100000, 'currency', 'INR')
        when kind in (2, 3) then jsonb_build_object('status', 'pending', 'amount', 60 + n * 7919 % 100000)
        when kind = 4 then jsonb_build_object('status', 'approved', 'level', 1 + n % 3)
        when kind = 5 then jsonb_build_object('status', 'rejected', 'comment', 'Bill is missing')
    end,
    inet '10.20.0.0' + floor(65000 * pg_temp.chance(person, 84))::bigint,
    at
from entry
