-- What must go because documents do not say it any more, and what they say that has no row.
wanted as materialized (
        select distinct {key_columns} from pg_catalog.unnest(sources) as k
    ),
    read as materialized (
        select r.source_key, r.path, r.element, r.reason, r.place_among, {read_values} from {read}(sources) as r
    ),
    gone as (
        delete from {target} as t
        using wanted as k
        where {same_target}
          and not exists (select from read as g where g.place_among = 1 and {same_row})
        returning 1
    ),
    forgotten as (
        delete from {reject} as r
        using wanted as k
        where r.name = {name}
          and r.source_key = {wanted_key}
          and not exists (select from read as b
                          where b.source_key = r.source_key and b.path = r.path and {stays})
        returning 1
    ),
    noticed as (
        insert into {reject} as r (name, source_key, path, element, reason)
        select {name}, b.source_key, b.path, b.element, b.reason
        from read as b
        where b.reason <> 'skip'
        on conflict (name, source_key, path) do update
        set element = excluded.element, reason = excluded.reason, detail = null,
            noticed = pg_catalog.clock_timestamp(), acknowledged = null
        where (r.element, r.reason) is distinct from (excluded.element, excluded.reason)
        returning 1
    )
