-- Whether there is still an index of this name on the table that is not valid.
select case
           when exists (select from pg_catalog.pg_index as i
                        where i.indexrelid = pg_catalog.to_regclass({name})::oid
                          and i.indrelid = {table}
                          and not (i.indisvalid and i.indislive)) then 'untouched'
           else 'done'
       end as state
