-- Queue processing: the longest waiting first; two workers never take the same.
explain (analyze, costs off, timing off, summary off)
select id, "userId", rating
from queue_entries
where region = 'eu' and status = 'waiting'
order by "joinedAt"
limit 2
for update skip locked
