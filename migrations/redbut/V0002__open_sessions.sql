-- pgtend: no-transaction
-- pgtend: requires=users(session_id,waiter_id,created_at)
-- "Active sessions of a waiter": session_id not like 'CLOSED_%'. No index can look that up among all rows; a partial
-- index has the open ones only, a few hundred among years. The predicate stands here as the application writes it,
-- because that is how the planner recognises it. (_ is a wildcard there: 'CLOSEDX' would count as closed as well.)
create index concurrently users_waiter_id_open_idx
    on users (waiter_id, created_at desc)
    include (session_id, table_number)
    where session_id not like 'CLOSED_%';
