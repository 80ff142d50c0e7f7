-- Before the first question: a role may have been given a timeout that is too short for any.
set statement_timeout = 0
