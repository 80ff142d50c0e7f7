-- pgtend: no-transaction
-- pgtend: requires=payments(order_id,restaurant_id,method,status,amount,provider,provider_reference,created_at,settled_at,refunded_at)
-- pgtend: requires=staff(restaurant_id,name,email,role,pin_hash,is_active,deleted_at)
-- pgtend: requires=webhook_endpoints(restaurant_id,event,is_active)
-- pgtend: requires=webhook_deliveries(endpoint_id,status,next_attempt_at,created_at)
-- Payments, staff, and what other systems are told.

-- An order's payments.
create index concurrently idx_payments_order on payments (order_id);
-- What the provider has not answered.
create index concurrently idx_payments_pending on payments (created_at)
    where status = 'pending';
-- The provider calls back; its reference comes once.
create unique index concurrently idx_payments_provider_reference on payments (provider, provider_reference)
    where provider_reference is not null;
-- What came into the account, from the index alone.
create index concurrently idx_payments_settled on payments (restaurant_id, settled_at)
    include (amount)
    where status = 'settled';
-- What was paid back.
create index concurrently idx_payments_refunded on payments (restaurant_id, refunded_at)
    where refunded_at is not null;
-- The cash drawer at closing time.
create index concurrently idx_payments_method_created on payments (restaurant_id, method, created_at);

-- Who can take the shift.
create index concurrently idx_staff_restaurant_role on staff (restaurant_id, role)
    where is_active and deleted_at is null;
-- Sign-in, and one account for an address.
create unique index concurrently idx_staff_email_lower on staff (lower(email))
    where deleted_at is null;
-- Four digits at the till.
create index concurrently idx_staff_pin on staff (restaurant_id, pin_hash)
    where is_active and deleted_at is null;

-- Who is told of it.
create index concurrently idx_webhook_endpoints_event on webhook_endpoints (restaurant_id, event)
    where is_active;

-- What is sent next.
create index concurrently idx_webhook_deliveries_due on webhook_deliveries (next_attempt_at)
    where status = 'pending';
-- The log of an endpoint.
create index concurrently idx_webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, created_at desc);
-- Does an endpoint fail too often?
create index concurrently idx_webhook_deliveries_failed on webhook_deliveries (endpoint_id)
    where status = 'failed';
