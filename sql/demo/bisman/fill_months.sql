-- The months of the system's life: the spans in which the large tables are filled. The last one is the current month.
select month as since, month + interval '1 month' as until
from life
cross join lateral generate_series(
    date_trunc('month', now) - interval '17 months', date_trunc('month', now), interval '1 month'
) as month
order by month
