-- Who takes part in which conversation.
insert into thread_members ("threadId", "userId", "isMuted", "joinedAt")
select id, person, pg_temp.chance(t * 32 + place, 16) < 0.07, opened
from conversation
cross join lateral unnest(people) with ordinality as member (person, place)
