-- User search, letter by letter.
select username, "displayName"
from users
where lower(username) like 'gita\_12%' and "deletedAt" is null
order by lower(username) limit 5
