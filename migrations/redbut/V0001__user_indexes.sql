-- pgtend: no-transaction
-- pgtend: requires=users(session_id,waiter_id,table_number,created_at)
-- What the waiters' tablets ask for. Each line is one index; where users is partitioned by month, `pgtend migrate up`
-- builds it on one partition after the other, and nobody at a table waits.

-- A guest's phone comes back with its session.
create index concurrently users_session_id_idx on users (session_id);
-- All guests of a waiter; the two composites below serve the same when they are asked for more.
create index concurrently users_waiter_id_idx on users (waiter_id);
create index concurrently users_waiter_id_session_id_idx on users (waiter_id, session_id);
create index concurrently users_waiter_id_created_at_idx on users (waiter_id, created_at);
-- Who sits at this table.
create index concurrently users_table_number_idx on users (table_number);
create index concurrently users_created_at_idx on users (created_at);
