-- The same from rows.
select count(*) from message_reads where user_id = 12
