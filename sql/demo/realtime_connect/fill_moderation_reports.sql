-- Not everybody is nice: one message in fifty is reported. Messages must be there.
insert into moderation_reports ("reporterId", "reportedId", "messageId", reason, status, "createdAt", "decidedAt")
select
    case when messages."senderId" = "userAId" then "userBId" else "userAId" end,
    messages."senderId",
    messages.id,
    (array['spam', 'insult', 'advertising', 'other'])[1 + floor(4 * pg_temp.chance(messages.id, 51))::integer],
    case
        when messages."createdAt" > now - interval '1 day' then 'open'
        when pg_temp.chance(messages.id, 52) < 0.4 then 'upheld'
        else 'dismissed'
    end,
    messages."createdAt",
    case when messages."createdAt" <= now - interval '1 day' then messages."createdAt" + interval '20 hours' end
from messages
join matches on matches.id = messages."matchId"
cross join life
where messages.id % 50 = 7
