-- Drops what is older than anybody wants to know.
-- $1 before when
delete from snapshot as s where s.at < $1::timestamptz
