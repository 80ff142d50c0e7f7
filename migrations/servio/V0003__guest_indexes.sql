-- pgtend: no-transaction
-- pgtend: requires=reservations(restaurant_id,customer_id,table_id,status,phone,starts_at,reminded_at,deleted_at)
-- pgtend: requires=customers(restaurant_id,name,phone,email,loyalty_points,last_visit_at,deleted_at)
-- Reservations and guests.

-- Tonight's book.
create index concurrently idx_reservations_restaurant_upcoming on reservations (restaurant_id, starts_at)
    where status in ('booked', 'confirmed') and deleted_at is null;
-- A guest's reservations.
create index concurrently idx_reservations_customer on reservations (customer_id, starts_at desc);
-- Is the table free then?
create index concurrently idx_reservations_table_time on reservations (table_id, starts_at)
    where status in ('booked', 'confirmed');
-- Somebody calls.
create index concurrently idx_reservations_phone on reservations (phone);
-- Did not come before?
create index concurrently idx_reservations_no_show on reservations (customer_id)
    where status = 'no_show';
-- Who gets a message now.
create index concurrently idx_reservations_reminder on reservations (starts_at)
    where status = 'confirmed' and reminded_at is null;

-- Who is calling?
create index concurrently idx_customers_restaurant_phone on customers (restaurant_id, phone)
    where deleted_at is null;
-- Sign-in, in any case.
create index concurrently idx_customers_email_lower on customers (lower(email))
    where deleted_at is null;
-- The best guests.
create index concurrently idx_customers_loyal on customers (restaurant_id, loyalty_points desc)
    where loyalty_points > 0 and deleted_at is null;
-- Who has not come for long: the longest first.
create index concurrently idx_customers_last_visit on customers (restaurant_id, last_visit_at)
    where deleted_at is null;
-- The search of the reservation form.
create index concurrently idx_customers_name_prefix on customers (restaurant_id, lower(name) text_pattern_ops)
    where deleted_at is null;
