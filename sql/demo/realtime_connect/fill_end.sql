-- Identity columns go on where the rows end.
select setval(pg_get_serial_sequence('matches', 'id'), (select max(id) from matches))
