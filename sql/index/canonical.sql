-- The server's own rendering of the columns and expressions of an index. Two texts that mean the same come out alike,
-- and text that means nothing is refused before anything is done.
begin;
set local search_path = {path};
explain (verbose, costs off, format json)
select {values}
from only {table} as {alias};
rollback
