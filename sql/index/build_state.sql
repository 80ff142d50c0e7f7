-- Whether an index of this name was built on the table: untouched, half (it is there and not valid), or done.
select case
           when i.indexrelid is null then 'untouched'
           when i.indisvalid then 'done'
           else 'half'
       end as state
from (select pg_catalog.to_regclass({name})::oid as oid) as w
left join pg_catalog.pg_index as i on i.indexrelid = w.oid and i.indrelid = {table}
