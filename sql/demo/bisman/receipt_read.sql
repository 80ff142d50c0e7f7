-- Who has read the newest messages of a thread.
select m.id, m."readBy"
from thread_messages as m
where m."threadId" = (select "threadId" from thread_members limit 1)
order by m."createdAt" desc
limit 20
