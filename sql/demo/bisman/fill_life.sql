-- $1 timestamptz: now. $2 bigint: messages in all; everything else is in proportion, as in a company of 997 people.
insert into life (now, messages, threads, sessions, claims, events, entries)
values ($1, $2, $2 / 40, $2 / 8, $2 / 20, $2 * 2, $2)
