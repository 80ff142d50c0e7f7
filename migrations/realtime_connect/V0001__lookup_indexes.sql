-- pgtend: no-transaction
-- pgtend: requires=users(username,"isOnline","lastSeenAt","deletedAt")
-- pgtend: requires=sessions("userId","expiresAt","revokedAt")
-- pgtend: requires=queue_entries("userId",status,region,rating,"joinedAt")
-- pgtend: requires=matches("userAId","userBId",status,"createdAt")
-- pgtend: requires=messages("matchId","senderId","createdAt","deletedAt")
-- pgtend: requires=moderation_reports("reportedId",status,"createdAt")

-- Profile look-up, @name in any case, and user search as somebody types: lower(username) like 'ann%'. One index does
-- both, because the operator class for patterns knows equality as well; and it keeps names apart.
create unique index concurrently idx_users_username_lower on users (lower(username) text_pattern_ops)
    include ("displayName")
    where "deletedAt" is null;
create index concurrently idx_users_online on users ("lastSeenAt" desc) where "isOnline" and "deletedAt" is null;

create index concurrently idx_sessions_user_open on sessions ("userId", "expiresAt") where "revokedAt" is null;
create index concurrently idx_sessions_expires on sessions ("expiresAt");

-- Queue processing takes the longest waiting first, with FOR UPDATE SKIP LOCKED.
create index concurrently idx_queue_waiting on queue_entries (region, "joinedAt") where status = 'waiting';
-- Nobody waits twice. This is what keeps two requests at once from doing so.
create unique index concurrently idx_queue_one_per_user on queue_entries ("userId") where status = 'waiting';
create index concurrently idx_queue_rating on queue_entries (region, rating) where status = 'waiting';

create index concurrently idx_matches_user_a on matches ("userAId", "createdAt" desc);
create index concurrently idx_matches_user_b on matches ("userBId", "createdAt" desc);
create index concurrently idx_matches_open on matches ("createdAt") where status = 'open';

-- Message history, page by page.
create index concurrently idx_messages_match_created on messages ("matchId", "createdAt" desc, id desc)
    where "deletedAt" is null;
create index concurrently idx_messages_sender_created on messages ("senderId", "createdAt" desc);

create index concurrently idx_moderation_open on moderation_reports ("createdAt") where status = 'open';
create index concurrently idx_moderation_reported on moderation_reports ("reportedId", "createdAt" desc);
