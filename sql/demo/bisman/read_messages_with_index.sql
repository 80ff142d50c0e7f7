-- The messages themselves, with the GIN index.
select count(*), sum(length(m.content)) from thread_messages as m where m."readBy" @> '[{"userId": 12}]'
