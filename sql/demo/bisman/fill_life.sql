-- $1 timestamptz: now. $2 bigint: messages in all; everything else is in proportion, as in a company of 997 people.
insert into life (now, messages, threads, sessions, claims, events, entries)
select $1, messages, messages / 40, messages / 8, messages / 20, messages * 2, messages
from (select $2::bigint as messages) as wish
