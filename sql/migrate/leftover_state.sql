-- Whether there is still an index of this name that is not valid.
select case
           when exists (select from pg_catalog.pg_index as i
                        where i.indexrelid = pg_catalog.to_regclass({name})::oid
                          and not (i.indisvalid and i.indisready)) then 'untouched'
           else 'done'
       end as state
