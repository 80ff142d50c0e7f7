-- $1 timestamptz: now. $2 bigint: how many there are of what the story has most of.
insert into life (now, total) values ($1, $2::bigint)
