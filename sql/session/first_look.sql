-- Before the first question: a role may have been given a timeout that is too short for any. Nothing of it outlasts the
-- transaction, since behind a pooler the session may be another's a moment later.
begin;
set local statement_timeout = 0
