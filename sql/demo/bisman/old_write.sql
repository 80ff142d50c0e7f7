-- Somebody says something. $1 bigint: a number not used before.
insert into thread_messages (id, "threadId", "senderId", content)
select 'c' || md5('old' || $1::bigint), "threadId", "userId", 'When is the new release?'
from thread_members
limit 1
