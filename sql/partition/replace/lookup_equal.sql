-- A row by its key, looked up by itself.
select s.ctid, s.*
from {only}{table} as s
where {matches}
offset 0 {share}
