-- What could not be read, and why.
select name, reason, count(*), min(element::text) as for_instance
from pgtend.reject
group by name, reason
order by name, count(*) desc
