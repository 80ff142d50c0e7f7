-- How far a concurrent detach has come: untouched, half (pending, to be finalized), or done.
select case
           when not exists (select from pg_catalog.pg_inherits as i where i.inhrelid = {oid}) then 'done'
           when (select i.inhdetachpending from pg_catalog.pg_inherits as i where i.inhrelid = {oid}) then 'half'
           else 'untouched'
       end as state
