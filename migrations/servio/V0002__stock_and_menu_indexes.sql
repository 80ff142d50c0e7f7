-- pgtend: no-transaction
-- pgtend: requires=inventory_items(restaurant_id,supplier_id,name,sku,quantity,reorder_level,expires_at,is_active,updated_at,deleted_at)
-- pgtend: requires=menu_items(restaurant_id,category_id,position,name,price,tags,is_active,is_featured,deleted_at)
-- Stock and menu: small tables, read at every order.

-- What has to be ordered. The comparison of two columns stands in the predicate, where it costs nothing.
create index concurrently idx_inventory_low_stock_active on inventory_items (restaurant_id, quantity)
    where is_active and deleted_at is null and quantity <= reorder_level;
-- The stock list, by name.
create index concurrently idx_inventory_restaurant_name on inventory_items (restaurant_id, lower(name))
    where deleted_at is null;
-- The scanner.
create unique index concurrently idx_inventory_restaurant_sku on inventory_items (restaurant_id, sku)
    where deleted_at is null;
-- What spoils this week, everywhere.
create index concurrently idx_inventory_expiring on inventory_items (expires_at)
    where is_active and expires_at is not null;
-- What a supplier delivers.
create index concurrently idx_inventory_supplier on inventory_items (supplier_id)
    where is_active;
-- The counting of last night.
create index concurrently idx_inventory_updated on inventory_items (updated_at desc);

-- The menu as guests see it.
create index concurrently idx_menu_items_active on menu_items (restaurant_id, category_id, position)
    where is_active and deleted_at is null;
-- Today's recommendations.
create index concurrently idx_menu_items_featured on menu_items (restaurant_id)
    where is_featured and is_active and deleted_at is null;
-- Vegan and without nuts.
create index concurrently idx_menu_items_tags on menu_items using gin (tags);
-- The search of the order screen, letter by letter.
create index concurrently idx_menu_items_name_prefix
    on menu_items (restaurant_id, lower(name) text_pattern_ops)
    where deleted_at is null;
-- The weekly clean-up.
create index concurrently idx_menu_items_deleted on menu_items (deleted_at)
    where deleted_at is not null;
-- The menu by price.
create index concurrently idx_menu_items_price on menu_items (restaurant_id, price)
    where is_active and deleted_at is null;
