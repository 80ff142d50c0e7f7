-- See read_function.sql. Of the elements of one document that make the same row, the one at the first place is kept.
select r.source_key, r.path, r.element, r.reason, r.coerced, r.defaulted,
       case when r.reason is null then pg_catalog.row_number() over among end,
       case when r.reason is null and pg_catalog.row_number() over among > 1
            then row({values})::text <> (pg_catalog.first_value(row({values})) over among)::text end,
       {values}
from (
    select {source_key} as source_key, e.*
    from (select distinct {key_columns} from pg_catalog.unnest(sources) as k) as k
    join {source} as s on {same_source}
    cross join lateral (
            {shapes}
        ) as e
) as r
window among as (partition by r.source_key, r.reason is null, {duplicates} order by {rank})
