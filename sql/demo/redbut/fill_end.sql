-- Ids go on where the rows end.
select setval('users_id_seq', (select max(id) from users))
