-- What the application was told, against what is in the table.
select
    count(*) as acknowledged,
    count(*) filter (where m.id is null and not taken_back) as lost,
    count(*) filter (where not m."isEdited" and mended.number is not null) as stale,
    count(*) filter (where m.id is not null and taken_back) as back_from_the_dead
from acknowledged as said
left join acknowledged as mended on mended.number = said.number + 1
left join acknowledged as later on later.number = said.number + 2
cross join lateral (select coalesce(later.number % 3 = 0, false)) as fate (taken_back)
left join thread_messages as m on m.id = 'c' || md5('demo' || said.number)
