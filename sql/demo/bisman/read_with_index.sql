-- The same with the GIN index of the release.
select count(*) from thread_messages where "readBy" @> '[{"userId": 12}]'
