-- Claims for money. $1, $2 timestamptz: only of this span.
insert into expenses (id, requester_id, thread_id, category, amount, status, created_at, updated_at)
with claim as materialized (
    select
        n,
        at,
        pg_temp.chance(n, 51) as luck,
        at > now - interval '9 days' * pg_temp.chance(n, 51) as waiting
    from pg_temp.moments((select claims from life), $1, $2, 50)
    cross join life
)
select
    n,
    pg_temp.person(n, 52),
    conversation.id,
    (array['travel', 'travel', 'meals', 'materials', 'freight', 'software', 'repairs'])[1 + n % 7],
    round((50 * exp(5 * pg_temp.chance(n, 53)))::numeric, 2),
    case
        when waiting then 'pending'::approval_status
        when luck < 0.82 then 'approved'
        when luck < 0.95 then 'rejected'
        else 'withdrawn'
    end,
    at,
    case when waiting then at else at + interval '9 days' * luck end
from claim
left join conversation on t = n / 2 and t % 4 = 0 and opened < at
