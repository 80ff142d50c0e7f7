-- pgtend: no-transaction
-- pgtend: requires=thread_messages("threadId","senderId","createdAt","isDeleted","readBy",reactions)
-- pgtend: requires=client_usage_events(user_id,event_type,occurred_at)
-- pgtend: requires=user_sessions(user_id,last_seen_at,expires_at,revoked_at)
-- pgtend: requires=approvals(expense_id,approver_id,status,created_at)
-- The twelve indexes, each built beside the application. Where a table is partitioned, `pgtend migrate up` builds one
-- partition after the other.

-- A thread's page, newest first.
create index concurrently idx_thread_messages_thread_created
    on thread_messages ("threadId", "createdAt" desc);
-- The same page as most people see it: smaller, and nothing to filter.
create index concurrently idx_thread_messages_thread_not_deleted
    on thread_messages ("threadId", "createdAt" desc)
    where not "isDeleted";
-- What somebody has written lately.
create index concurrently idx_thread_messages_sender_created
    on thread_messages ("senderId", "createdAt" desc);
-- reactions ? '👍': the operator for keys needs the larger operator class.
create index concurrently idx_thread_messages_reactions_gin
    on thread_messages using gin (reactions);
-- "readBy" @> '[{"userId": 12}]': containment is all that is asked here.
create index concurrently idx_thread_messages_readby_gin
    on thread_messages using gin ("readBy" jsonb_path_ops);

-- What one person did of one kind.
create index concurrently idx_client_usage_events_composite
    on client_usage_events (user_id, event_type, occurred_at desc);
create index concurrently idx_client_usage_events_type_date
    on client_usage_events (event_type, occurred_at desc);
create index concurrently idx_client_usage_events_user_date
    on client_usage_events (user_id, occurred_at desc);

-- Whether expired cannot stand in the predicate: it changes while nobody writes.
create index concurrently idx_user_sessions_user_active
    on user_sessions (user_id, last_seen_at desc)
    where revoked_at is null;
create index concurrently idx_user_sessions_expires
    on user_sessions (expires_at);

create index concurrently idx_approvals_expense_status
    on approvals (expense_id, status);
-- Somebody's list of what waits for a signature, oldest first.
create index concurrently idx_approvals_approver_pending
    on approvals (approver_id, created_at)
    where status = 'pending';
