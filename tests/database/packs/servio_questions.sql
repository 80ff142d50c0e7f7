-- Each index of the set, and the question that it is there for. The test asks the planner of a filled database: a
-- question that another index, or none, would answer as well justifies nothing.

-- idx_orders_restaurant_status_not_deleted
select id, number, total from orders
where restaurant_id = 3 and status = 'served' and deleted_at is null
order by created_at desc limit 20;

-- idx_orders_restaurant_created
select id, number, status, total from orders
where restaurant_id = 3 and deleted_at is null
order by created_at desc limit 50;

-- idx_orders_customer_created
select id, total from orders
where customer_id = 40 and deleted_at is null
order by created_at desc limit 10;

-- idx_orders_table_open
select id, status from orders
where table_id = 17 and status in ('pending', 'preparing', 'ready') and deleted_at is null;

-- idx_orders_kitchen
select id, number from orders
where restaurant_id = 3 and status in ('pending', 'preparing') and deleted_at is null
order by created_at limit 30;

-- idx_orders_staff_created
select count(*), sum(total) from orders
where staff_id = 12 and created_at >= now() - interval '1 day';

-- idx_orders_completed
select sum(total) from orders
where restaurant_id = 3 and status = 'completed' and deleted_at is null
    and completed_at >= now() - interval '7 days';

-- idx_orders_restaurant_number
select id from orders where restaurant_id = 3 and number = 55;

-- idx_orders_updated
select id from orders where updated_at > now() - interval '10 minutes' order by updated_at limit 500;

-- idx_orders_cancelled
select id, total from orders
where restaurant_id = 3 and status = 'cancelled'
order by created_at desc limit 20;

-- idx_orders_delivery
select id, number from orders
where restaurant_id = 3 and type = 'delivery' and deleted_at is null
order by created_at desc limit 20;

-- idx_order_items_order
select menu_item_id, quantity from order_items where order_id = 900;

-- idx_order_items_menu_item_created
select sum(quantity) from order_items
where menu_item_id = 77 and created_at >= now() - interval '30 days';

-- idx_order_items_station_queued
select id from order_items
where station = 'grill' and status = 'queued'
order by created_at limit 20;

-- idx_order_items_voided
select id, menu_item_id from order_items
where status = 'voided' and created_at >= now() - interval '7 days';

-- idx_inventory_low_stock_active
select id, name, quantity from inventory_items
where restaurant_id = 3 and is_active and deleted_at is null and quantity <= reorder_level
order by quantity;

-- idx_inventory_restaurant_name
select id, name, quantity from inventory_items
where restaurant_id = 3 and deleted_at is null
order by lower(name) limit 25;

-- idx_inventory_restaurant_sku
select id from inventory_items
where restaurant_id = 3 and sku = 'SKU-00043' and deleted_at is null;

-- idx_inventory_expiring
select id, restaurant_id from inventory_items
where is_active and expires_at < now() + interval '1 day'
order by expires_at;

-- idx_inventory_supplier
select id, name from inventory_items where supplier_id = 9 and is_active;

-- idx_inventory_updated
select id, quantity from inventory_items order by updated_at desc limit 20;

-- idx_menu_items_active
select id, name, price from menu_items
where restaurant_id = 3 and category_id = 21 and is_active and deleted_at is null
order by position;

-- idx_menu_items_featured
select id, name from menu_items
where restaurant_id = 3 and is_featured and is_active and deleted_at is null;

-- idx_menu_items_tags
select id, name from menu_items where tags @> array['vegan', 'nut-free', 'seasonal'];

-- idx_menu_items_name_prefix
select id, name from menu_items
where restaurant_id = 3 and lower(name) like 'dish 10%' and deleted_at is null;

-- idx_menu_items_deleted
select id from menu_items where deleted_at < now() - interval '340 days';

-- idx_menu_items_price
select id, name, price from menu_items
where restaurant_id = 3 and is_active and deleted_at is null
order by price limit 10;

-- idx_reservations_restaurant_upcoming
select id, party_size, starts_at from reservations
where restaurant_id = 3 and status in ('booked', 'confirmed') and deleted_at is null
    and starts_at between now() and now() + interval '1 day'
order by starts_at;

-- idx_reservations_customer
select id, starts_at, status from reservations where customer_id = 40 order by starts_at desc limit 5;

-- idx_reservations_table_time
select id from reservations
where table_id = 17 and status in ('booked', 'confirmed')
    and starts_at between now() and now() + interval '2 hours';

-- idx_reservations_phone
select id, starts_at from reservations where phone = '+962790000040';

-- idx_reservations_no_show
select count(*) from reservations where customer_id = 40 and status = 'no_show';

-- idx_reservations_reminder
select id, phone from reservations
where status = 'confirmed' and reminded_at is null and starts_at < now() + interval '3 hours';

-- idx_customers_restaurant_phone
select id, name from customers
where restaurant_id = 3 and phone = '+962790000043' and deleted_at is null;

-- idx_customers_email_lower
select id from customers where lower(email) = 'guest40@guests.example' and deleted_at is null;

-- idx_customers_loyal
select id, name, loyalty_points from customers
where restaurant_id = 3 and loyalty_points > 0 and deleted_at is null
order by loyalty_points desc limit 10;

-- idx_customers_last_visit
select id, email from customers
where restaurant_id = 3 and deleted_at is null
order by last_visit_at limit 20;

-- idx_customers_name_prefix
select id, name from customers
where restaurant_id = 3 and lower(name) like 'guest 12%' and deleted_at is null;

-- idx_payments_order
select id, amount, status from payments where order_id = 900;

-- idx_payments_pending
select id, order_id from payments
where status = 'pending' and created_at < now() - interval '15 minutes'
order by created_at;

-- idx_payments_provider_reference
select id from payments where provider = 'stripe' and provider_reference = 'ref_900';

-- idx_payments_settled
select sum(amount) from payments
where restaurant_id = 3 and status = 'settled' and settled_at >= now() - interval '7 days';

-- idx_payments_refunded
select id, amount from payments
where restaurant_id = 3 and refunded_at >= now() - interval '30 days';

-- idx_payments_method_created
select sum(amount) from payments
where restaurant_id = 3 and method = 'cash' and created_at >= now() - interval '1 day';

-- idx_staff_restaurant_role
select id, name from staff
where restaurant_id = 3 and role = 'manager' and is_active and deleted_at is null;

-- idx_staff_email_lower
select id from staff where lower(email) = 'staff40@servio.example' and deleted_at is null;

-- idx_staff_pin
select id, name from staff
where restaurant_id = 3 and pin_hash = md5('pin43') and is_active and deleted_at is null;

-- idx_webhook_endpoints_event
select id, url from webhook_endpoints
where restaurant_id = 3 and event = 'order.completed' and is_active;

-- idx_webhook_deliveries_due
select id from webhook_deliveries
where status = 'pending' and next_attempt_at <= now()
order by next_attempt_at limit 50;

-- idx_webhook_deliveries_endpoint
select id, status from webhook_deliveries
where endpoint_id = 40 order by created_at desc limit 20;

-- idx_webhook_deliveries_failed
select count(*) from webhook_deliveries where endpoint_id = 40 and status = 'failed';
