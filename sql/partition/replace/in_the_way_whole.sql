-- What a partitioned table has that no table in its place would have, in words.
-- $1 oid
select 'subscription ' || pg_catalog.quote_ident(s.subname) || ' writes into it, and would pass the new table over: '
       || 'drop the subscription, and make it again afterwards with copy_data = false' as reason
from pg_catalog.pg_subscription_rel as r
join pg_catalog.pg_subscription as s on s.oid = r.srsubid
where r.srrelid = $1
