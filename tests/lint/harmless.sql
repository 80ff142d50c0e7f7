-- Statements in which the lint must find nothing. Each block is a migration file of its own; its first line says why.

-- 01 built without stopping writers
-- pgtend: no-transaction
create index concurrently orders_status_idx on orders (status);

-- 02 the table is new
create table orders (id bigint primary key, status text, created_at timestamptz not null default now());
create index orders_status_idx on orders (status);
alter table orders alter column status set not null;
alter table public.orders add constraint status_known check (status in ('open', 'closed'));

-- 03 an index of the partitioned table alone
create index events_at_idx on only events (at);

-- 04 attached, which waits for nobody
alter index events_at_idx attach partition events_2026_11_at_idx;

-- 05 a constant default
alter table orders add column region text not null default 'eu';

-- 06 a stable default is evaluated once
alter table orders add column seen timestamptz default now();

-- 07 validated by a file of its own
alter table orders validate constraint total_positive;

-- 08 not valid yet
alter table orders add constraint total_positive check (total >= 0) not valid;

-- 09 not valid yet
alter table orders add constraint orders_customer_fk foreign key (customer_id) references customers (id) not valid;

-- 10 the index is there already
alter table orders add constraint orders_number_key unique using index orders_number_key;

-- 11 a new column without values has nothing to validate
alter table orders add column customer_id bigint;

-- 12 proved by the check before, each statement a transaction of its own
-- pgtend: no-transaction
alter table orders add constraint c check (customer_id is not null) not valid;
alter table orders validate constraint c;
alter table orders alter column customer_id set not null, drop constraint c;

-- 13 a computed column that is not stored
alter table orders add column gross numeric generated always as (net * 1.2) virtual;

-- 14 not valid yet, as PostgreSQL 18 can
alter table orders add constraint customer_known not null customer_id not valid;

-- 15 a partition that was made beside
create table events_2026_12 (like events including defaults including constraints);
alter table events attach partition events_2026_12 for values from ('2026-12-01') to ('2027-01-01');

-- 16 a partitioned table and its partitions, all new
create table events (id bigint, at timestamptz not null, primary key (id, at)) partition by range (at);
create table events_2026_12 partition of events for values from ('2026-12-01') to ('2027-01-01');

-- 17 detached without stopping anyone
-- pgtend: no-transaction
alter table events detach partition events_2019_01 concurrently;

-- 18 a few rows, said in full
insert into settings (name, value) values ('theme', 'dark'), ('zone', 'UTC') on conflict (name) do nothing;

-- 19 filled into a new table from nothing
create table days (day date primary key);
insert into days select d from generate_series(date '2026-01-01', date '2026-12-31', interval '1 day') as g(d);

-- 20 the words are in literals and comments
comment on table orders is 'drop table orders; truncate orders';
select 'create index x on orders (y)', $q$ delete from orders $q$ /* vacuum full; -- */;

-- 21 a function that is called later
create or replace function tidy() returns void language plpgsql as $$
begin
  delete from permission_cache where expires_at < now();
end $$;

-- 22 a body of SQL
create function total(o bigint) returns numeric language sql begin atomic select 1.0; select sum(net) from orders where id = o; end;

-- 23 refreshed while it is read
create materialized view mv_daily as select date '2026-01-01' as day;
create unique index mv_daily_day on mv_daily (day);
refresh materialized view concurrently mv_daily;

-- 24 statistics, defaults and comments change no row
alter table orders alter column status set statistics 500, alter column status set default 'open', alter column note drop not null;
analyze orders;

-- 25 a policy comes with it
alter table orders enable row level security;
create policy own on orders using (owner = current_user);

-- 26 named words that are no keywords here
create view "drop" as select "table" from "update";
select "delete" from "truncate" where "lock" = 'vacuum full';

-- 27 the path is set for the definer
create function admin_only() returns int language sql security definer set search_path = pg_catalog as 'select 1';

-- 28 returning, as PostgreSQL 17 can
merge into stock as s using (values (1, 5)) as v(id, n) on s.id = v.id when matched then update set n = v.n returning s.id;

-- 29 dropped without stopping anyone
-- pgtend: no-transaction
drop index concurrently if exists orders_status_idx;
reindex index concurrently orders_pkey;

-- 30 a temporary table is nobody else's
create temporary table work as select 1 as id;
create index work_id on work (id);
truncate work;
drop table work;

-- 31 rebuilt by a new type that is new itself
create type mood as enum ('sad', 'ok');
alter type mood add value 'happy';

-- 32 set for the transaction
set local search_path to pg_catalog;
set local lock_timeout = '500ms';

-- 33 a name that is quoted and has a space
create table "My Orders" (id uuid primary key default gen_random_uuid(), doc jsonb not null default '{}');
create index "by doc" on "My Orders" using gin (doc jsonb_path_ops);

-- 34 an index whose functions are the system's
-- pgtend: no-transaction
create index concurrently orders_lower_idx on orders (lower(name), pg_catalog.date_trunc('day', at at time zone 'UTC'));

-- 35 a key over time, as PostgreSQL 18 can
create table rooms (id bigint, during tstzrange, at timestamptz, primary key (id, at, during without overlaps)) partition by range (at);
create unique index rooms_key on rooms (id, at desc, during);

-- 36 not enforced, as PostgreSQL 18 can
alter table orders add constraint total_positive check (total >= 0) not enforced;

-- 37 a row that a query is part of
insert into settings (name, value) values ('zone', (select setting from pg_settings)), ('n', (select count(*)::text from orders));

-- 38 options that are off
-- pgtend: no-transaction
vacuum (full off, analyze) orders;

-- 39 a key with a collation
create table names (name text, id bigint, primary key (name, id)) partition by range (name collate "C" text_pattern_ops);
