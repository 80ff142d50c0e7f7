-- The messages themselves, by way of the rows.
select count(*), sum(length(m.content)) from message_reads as r join thread_messages as m on m.id = r.message_id where r.user_id = 12
