-- Somebody says something. $1 bigint: a number not used before.
insert into messages ("matchId", "senderId", content)
select id, "userAId", 'message ' || $1::bigint from matches where id = 1 + $1::bigint % 500
