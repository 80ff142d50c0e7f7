-- What dashboards call. Both bounds are days and belong to the span; days are those of UTC.
create function get_revenue_metrics(from_date date, to_date date)
returns table (
    days bigint, orders numeric, revenue numeric, average_order numeric, best_day date, best_day_revenue numeric
)
language sql stable parallel safe
begin atomic
    select
        count(*),
        coalesce(sum(daily.orders), 0),
        coalesce(sum(daily.revenue), 0),
        round(sum(daily.revenue) / nullif(sum(daily.orders), 0), 2),
        (array_agg(daily.day order by daily.revenue desc, daily.day))[1],
        max(daily.revenue)
    from mv_daily_revenue as daily
    where daily.day between from_date and to_date;
end;
comment on function get_revenue_metrics(date, date) is
    'Revenue of the days of a span, as mv_daily_revenue had it at its last refresh';

create function get_product_performance(from_date date, to_date date)
returns table (
    product_id integer, name text, category text, orders bigint, quantity bigint, revenue numeric, share_pct numeric
)
language sql stable parallel safe
begin atomic
    select
        sold.product_id,
        products.name,
        products.category,
        sold.orders,
        sold.quantity,
        sold.revenue,
        round(100 * sold.revenue / nullif(sum(sold.revenue) over (), 0), 2)
    from (
        select
            order_items.product_id,
            count(distinct order_items.order_id) as orders,
            sum(order_items.quantity) as quantity,
            sum(order_items.quantity * order_items.unit_price) as revenue
        from orders
        join order_items on order_items.order_id = orders.id
        where orders.status = 'completed'
            and orders.ordered_at >= (from_date::timestamp at time zone 'UTC')
            and orders.ordered_at < ((to_date + 1)::timestamp at time zone 'UTC')
        group by order_items.product_id
    ) as sold
    join products on products.id = sold.product_id
    order by sold.revenue desc, sold.product_id;
end;
comment on function get_product_performance(date, date) is
    'What each product sold on the days of a span, from the orders themselves';

create function refresh_all_materialized_views() returns table (view_name text, beside_readers boolean, milliseconds numeric)
language plpgsql
set search_path = public, pg_temp
-- A refresh that waits has all readers wait behind it.
set lock_timeout = '500ms'
as $$
declare
    began timestamptz;
begin
    foreach view_name in array array[
        'mv_daily_revenue', 'mv_hourly_traffic', 'mv_product_performance', 'mv_customer_behavior'
    ] loop
        began := clock_timestamp();
        select c.relispopulated into strict beside_readers
        from pg_catalog.pg_class as c
        where c.oid = view_name::regclass;
        execute format(
            'refresh materialized view %s %I', case when beside_readers then 'concurrently' else '' end, view_name
        );
        milliseconds := round((extract(epoch from clock_timestamp() - began) * 1000)::numeric, 1);
        return next;
    end loop;
end
$$;
revoke execute on function refresh_all_materialized_views() from public;
comment on function refresh_all_materialized_views() is
    'The small way, in one transaction: its locks are held until the last view is done. `pgtend matview refresh --all` '
    'has a transaction for each view, tries again, and leaves out what has not changed';
