-- Moves the staged rows that the target has not into it; how many these were.
with moved as (
    insert into {target} ({columns})
    select {columns} from pg_temp.pgtend_stage
    on conflict ({unique}) do nothing
    returning 1
)
select pg_catalog.count(*) from moved
