-- $1 timestamptz: now. $2 bigint: threads in all. $3 bigint: claims in all.
insert into life (now, threads, claims)
values ($1, $2, $3)
