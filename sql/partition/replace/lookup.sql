-- A row by its key, in the order of the key, so that the key's own index is used: an index of some of its columns may have
-- a great many rows for a value, and the server need not know.
select s.ctid, s.*
from {only}{table} as s
where ({keys}) >= ({wanted}) and ({keys}) <= ({wanted})
  {within}
order by {keys}
limit 1 {share}
