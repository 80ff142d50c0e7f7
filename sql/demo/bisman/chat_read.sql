-- The newest messages of a thread, for the page that somebody has open.
select id, "senderId", content
from thread_messages
where "threadId" = (select "threadId" from thread_members limit 1)
order by "createdAt" desc
limit 20
