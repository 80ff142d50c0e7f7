-- Somebody says something. $1 bigint: a number not used before.
insert into thread_messages_partitioned (id, "threadId", "senderId", content)
select 'c' || md5('demo' || $1::bigint), "threadId", "userId", 'Is the new release up?'
from thread_members
limit 1
