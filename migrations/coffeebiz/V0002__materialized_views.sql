-- pgtend: requires=customers(id,name,segment,created_at)
-- pgtend: requires=orders(id,customer_id,ordered_at,status,channel,total)
-- pgtend: requires=order_items(order_id,product_id,quantity,unit_price)
-- pgtend: requires=products(id,name,category,is_active)
-- pgtend: requires=visits(visited_at,customer_id,channel)
-- Four materialized views, each with the unique index that a refresh beside its readers needs. They are made empty and
-- filled by the first refresh, so that this file locks nothing for long. Days and hours are those of UTC.
create materialized view mv_daily_revenue as
select
    (ordered_at at time zone 'UTC')::date as day,
    count(*) as orders,
    count(distinct customer_id) as customers,
    sum(total) as revenue,
    round(avg(total), 2) as average_order
from orders
where status = 'completed'
group by 1
with no data;
create unique index mv_daily_revenue_day_key on mv_daily_revenue (day);
comment on materialized view mv_daily_revenue is 'Completed orders by day (UTC)';

create materialized view mv_hourly_traffic as
select
    date_trunc('hour', visited_at at time zone 'UTC') as hour,
    channel,
    count(*) as visits,
    count(distinct customer_id) as known_customers
from visits
group by 1, 2
with no data;
create unique index mv_hourly_traffic_hour_channel_key on mv_hourly_traffic (hour, channel);
comment on materialized view mv_hourly_traffic is 'Visits by hour (UTC) and channel';

create materialized view mv_product_performance as
select
    products.id as product_id,
    products.name,
    products.category,
    products.is_active,
    coalesce(sold.orders, 0) as orders,
    coalesce(sold.quantity, 0) as quantity,
    coalesce(sold.revenue, 0) as revenue,
    sold.last_sold_at
from products
left join (
    select
        order_items.product_id,
        count(distinct orders.id) as orders,
        sum(order_items.quantity) as quantity,
        sum(order_items.quantity * order_items.unit_price) as revenue,
        max(orders.ordered_at) as last_sold_at
    from order_items
    join orders on orders.id = order_items.order_id
    where orders.status = 'completed'
    group by order_items.product_id
) as sold on sold.product_id = products.id
with no data;
create unique index mv_product_performance_product_id_key on mv_product_performance (product_id);
create index mv_product_performance_category_idx on mv_product_performance (category, revenue desc);
comment on materialized view mv_product_performance is 'What each product has sold, from the first day on';

create materialized view mv_customer_behavior as
select
    customers.id as customer_id,
    customers.name,
    customers.segment,
    count(orders.id) as orders,
    coalesce(sum(orders.total), 0) as revenue,
    round(avg(orders.total), 2) as average_order,
    min(orders.ordered_at) as first_order_at,
    max(orders.ordered_at) as last_order_at,
    mode() within group (order by orders.channel) as usual_channel
from customers
left join orders on orders.customer_id = customers.id and orders.status = 'completed'
group by customers.id, customers.name, customers.segment
with no data;
create unique index mv_customer_behavior_customer_id_key on mv_customer_behavior (customer_id);
create index mv_customer_behavior_segment_idx on mv_customer_behavior (segment, revenue desc);
comment on materialized view mv_customer_behavior is 'How often and how much each customer buys';
