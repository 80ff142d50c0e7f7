-- Who had to agree: one signature, or three for the large claims, one after the other. Claims must be there.
insert into approvals (expense_id, level, approver_id, status, comment, created_at, decided_at)
select
    expenses.id,
    level,
    pg_temp.person(expenses.id * 4 + level, 60),
    case when status = 'pending' or level = signatures then status else 'approved' end,
    case when status = 'rejected' and level = signatures then 'Bill is missing' end,
    created_at + (updated_at - created_at) * (level - 1) / signatures,
    case when status <> 'pending' then created_at + (updated_at - created_at) * level / signatures end
from expenses
cross join lateral (select case when amount > 3000 then 3 else 1 end as signatures) as rule
cross join lateral generate_series(1, signatures) as level
