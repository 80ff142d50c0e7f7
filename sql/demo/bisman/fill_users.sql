-- 997 people, the first of them the busiest.
insert into users (id, email, name, department, role, "isActive", "createdAt", "updatedAt")
select
    n,
    lower(given || '.' || family) || case when n > 400 then n::text else '' end || '@bisman.example',
    given || ' ' || family,
    (array['Finance', 'Operations', 'Sales', 'Warehouse', 'Projects', 'HR', 'IT', 'Legal'])[1 + n % 8],
    case
        when n <= 5 then 'ADMIN'
        when n % 40 = 0 then 'AUDITOR'
        when n % 12 = 0 then 'FINANCE'
        when n % 9 = 0 then 'MANAGER'
        else 'EMPLOYEE'
    end,
    pg_temp.chance(n, 2) > 0.06,
    joined,
    joined + (now - joined) * pg_temp.chance(n, 3)
from (
    select
        n,
        (array[
            'Aarav', 'Priya', 'Rohan', 'Ananya', 'Vikram', 'Meera', 'Arjun', 'Kavya', 'Sanjay', 'Divya',
            'Nikhil', 'Isha', 'Rahul', 'Sneha', 'Karan', 'Pooja', 'Aditya', 'Neha', 'Manish', 'Lakshmi'
        ])[1 + n % 20] as given,
        (array[
            'Sharma', 'Patel', 'Reddy', 'Iyer', 'Khan', 'Das', 'Nair', 'Gupta', 'Singh', 'Rao',
            'Mehta', 'Joshi', 'Kulkarni', 'Bose', 'Fernandes', 'Chopra', 'Pillai', 'Desai', 'Malik', 'Verma'
        ])[1 + n / 20 % 20] as family,
        now,
        date_trunc('month', now) - interval '17 months' - interval '2 years' * pg_temp.chance(n, 4) as joined
    from life
    cross join generate_series(1, 997) as n
) as person
