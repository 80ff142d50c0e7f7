-- Whether an index was rebuilt: REINDEX CONCURRENTLY gives its name to a new one.
select case
           when exists (select from pg_catalog.pg_index as i
                        where i.indexrelid = pg_catalog.to_regclass({name})::oid
                          and i.indexrelid <> {oid}
                          and i.indisvalid) then 'done'
           else 'untouched'
       end as state
