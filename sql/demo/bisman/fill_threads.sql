-- The conversations as the application stores them.
insert into threads (id, title, kind, "createdById", "createdAt", "updatedAt")
select
    id,
    case when cardinality(people) > 2 then (array[
        'Month-end closing', 'Vendor onboarding', 'Warehouse move', 'Travel claims', 'Site safety', 'Hiring plan',
        'Payment run', 'Purchase order', 'Audit queries', 'Client visit', 'Payroll', 'Stock count'
    ])[1 + floor(12 * pg_temp.chance(t, 14))::integer] || ' #' || t end,
    case
        when cardinality(people) = 2 then 'direct'::thread_kind
        when cardinality(people) > 25 then 'announcement'
        when t % 4 = 0 then 'expense'
        else 'group'
    end,
    people[1],
    opened,
    opened
from conversation
