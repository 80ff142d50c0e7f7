-- How many messages somebody has read, from JSON that no index helps with.
set enable_bitmapscan = off;
select count(*) from thread_messages where "readBy" @> '[{"userId": 12}]'
