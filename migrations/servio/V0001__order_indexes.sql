-- pgtend: no-transaction
-- pgtend: requires=orders(restaurant_id,table_id,customer_id,staff_id,number,type,status,total,created_at,updated_at,completed_at,deleted_at)
-- pgtend: requires=order_items(order_id,menu_item_id,quantity,status,station,created_at)
-- Orders and their items: the hottest tables of a restaurant. Each index serves one question of the application.

-- The order screen's tabs: one status, newest first.
create index concurrently idx_orders_restaurant_status_not_deleted
    on orders (restaurant_id, status, created_at desc)
    where deleted_at is null;
-- The same screen without a tab.
create index concurrently idx_orders_restaurant_created on orders (restaurant_id, created_at desc)
    where deleted_at is null;
-- What a guest has had before.
create index concurrently idx_orders_customer_created on orders (customer_id, created_at desc)
    where customer_id is not null and deleted_at is null;
-- Is something open at this table?
create index concurrently idx_orders_table_open on orders (table_id)
    where status in ('pending', 'preparing', 'ready') and deleted_at is null;
-- The kitchen's screen: oldest first.
create index concurrently idx_orders_kitchen on orders (restaurant_id, created_at)
    where status in ('pending', 'preparing') and deleted_at is null;
-- What a waiter has served today.
create index concurrently idx_orders_staff_created on orders (staff_id, created_at desc);
-- A day's takings, from the index alone.
create index concurrently idx_orders_completed on orders (restaurant_id, completed_at)
    include (total)
    where status = 'completed' and deleted_at is null;
-- The number on the bill.
create unique index concurrently idx_orders_restaurant_number on orders (restaurant_id, number);
-- What has changed since the last synchronization.
create index concurrently idx_orders_updated on orders (updated_at);
-- The weekly look at what was cancelled, deleted orders among it.
create index concurrently idx_orders_cancelled on orders (restaurant_id, created_at desc)
    where status = 'cancelled';
-- Deliveries have a screen of their own.
create index concurrently idx_orders_delivery on orders (restaurant_id, created_at desc)
    where type = 'delivery' and deleted_at is null;

-- An order with its items.
create index concurrently idx_order_items_order on order_items (order_id);
-- How often a dish was sold in a span.
create index concurrently idx_order_items_menu_item_created on order_items (menu_item_id, created_at)
    include (quantity);
-- What a station of the kitchen does next.
create index concurrently idx_order_items_station_queued on order_items (station, created_at)
    where status = 'queued';
-- What was sent back, for the manager.
create index concurrently idx_order_items_voided on order_items (created_at)
    where status = 'voided';
