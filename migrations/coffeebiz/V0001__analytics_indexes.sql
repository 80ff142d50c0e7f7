-- pgtend: no-transaction
-- pgtend: requires=orders(customer_id,ordered_at,status,total)
-- pgtend: requires=order_items(order_id,product_id,quantity,unit_price)
-- pgtend: requires=products(category,is_active,price)
-- pgtend: requires=visits(visited_at,channel)

-- A customer's orders of a span.
create index concurrently idx_orders_date_customer on orders (ordered_at, customer_id);
create index concurrently idx_orders_customer_date on orders (customer_id, ordered_at desc) include (total, status);
-- What was paid, without reading the orders themselves.
create index concurrently idx_orders_completed_date on orders (ordered_at) include (customer_id, total)
    where status = 'completed';
-- Product performance: what of it was sold, and in which order.
create index concurrently idx_order_items_product on order_items (product_id) include (order_id, quantity, unit_price);
create index concurrently idx_order_items_order on order_items (order_id);
-- The menu: what can be bought now.
create index concurrently idx_products_active_category on products (category, price) where is_active;
-- Traffic is read by the hour, and only ever appended: a block range index costs next to nothing.
create index concurrently idx_visits_visited_at on visits using brin (visited_at) with (pages_per_range = 32);
create index concurrently idx_visits_channel_date on visits (channel, visited_at desc);
