-- How far a session has come with an index: what it does, of how many, and how many are done.
-- $1 its pid
select p.phase,
       case when p.phase like 'waiting%' then p.lockers_done
            when p.tuples_total > 0 then p.tuples_done
            else p.blocks_done end as done,
       case when p.phase like 'waiting%' then p.lockers_total
            when p.tuples_total > 0 then p.tuples_total
            else p.blocks_total end as total,
       case when p.phase like 'waiting%' then 'transactions'
            when p.tuples_total > 0 then 'rows'
            else 'pages' end as unit
from pg_catalog.pg_stat_progress_create_index as p
where p.pid = $1
