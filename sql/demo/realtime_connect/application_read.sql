-- The history of a conversation.
select id, "senderId", content
from messages
where "matchId" = 42 and "deletedAt" is null
order by "createdAt" desc, id desc
limit 30
