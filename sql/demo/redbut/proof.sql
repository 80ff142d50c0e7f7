-- Whom the tablets were told to be seated, against who is in the table.
select count(*) as acknowledged, count(*) filter (where u.id is null) as lost
from acknowledged as seated
left join users as u on u.session_id = md5('demo' || seated.number)
