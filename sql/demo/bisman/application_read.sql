-- The newest messages, for the page that everybody has open.
select id, "threadId", content
from thread_messages_partitioned
order by "createdAt" desc
limit 20
