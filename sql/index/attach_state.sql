-- Whether an index belongs to the index of the partitioned table.
select case
           when exists (select from pg_catalog.pg_inherits as h
                        where h.inhrelid = pg_catalog.to_regclass({name})::oid
                          and h.inhparent = pg_catalog.to_regclass({parent})::oid) then 'done'
           else 'untouched'
       end as state
