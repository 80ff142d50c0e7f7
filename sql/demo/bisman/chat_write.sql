-- Somebody says something, mends what was said just before, and takes back every third thing said. $1 bigint: a number
-- not used before.
with mended as (
    update thread_messages set content = 'Is the new release up?', "isEdited" = true
    where id = 'c' || md5('demo' || ($1::bigint - 1))
),
taken_back as (
    delete from thread_messages
    where $1::bigint % 3 = 0 and id = 'c' || md5('demo' || ($1::bigint - 2))
)
insert into thread_messages (id, "threadId", "senderId", content)
select 'c' || md5('demo' || $1::bigint), "threadId", "userId", 'Is teh new release up?'
from thread_members
limit 1
