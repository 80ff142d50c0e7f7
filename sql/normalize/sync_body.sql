-- What the documents of some keys say now becomes the rows and rejects of these keys; rows that stay are not touched.
#variable_conflict use_column
declare
    one {queue};
    said text;
    state text;
    changed bigint;
begin
    with wanted as materialized (
        select distinct {key_columns} from pg_catalog.unnest(sources) as k
    ),
    read as materialized (
        select {source_key} as source_key, e.*
        from wanted as k
        join {source} as s on {same_source}
        cross join lateral (
            {shapes}
        ) as e
    ),
    good as materialized (
        select r.*, pg_catalog.row_number() over (partition by r.source_key, {duplicates} order by {rank}) as place_among
        from read as r
        where r.reason is null
    ),
    gone as (
        delete from {target} as t
        using wanted as k
        where {same_target}
          and not exists (select from good as g where g.place_among = 1 and {same_row})
        returning 1
    ),
    forgotten as (
        delete from {reject} as r
        using wanted as k
        where r.name = {name}
          and r.source_key = {wanted_key}
          and not exists (select from read as b
                          where b.source_key = r.source_key and b.path = r.path and b.reason <> 'skip')
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
    ),
    come as (
        insert into {target} as t ({columns})
        select {values} from good as g where g.place_among = 1
        on conflict ({unique}) {on_conflict}
        returning 1
    )
    select pg_catalog.count(*)
    into changed
    from (select 1 from gone union all select 1 from forgotten union all select 1 from noticed union all select 1 from come) as c;
    return changed;
exception when integrity_constraint_violation or data_exception then
    -- The application's own write must not fail for a constraint of the target.
    if pg_catalog.cardinality(sources) > 1 then
        changed := 0;
        foreach one in array sources loop
            changed := changed + {function}(array[one]);
        end loop;
        return changed;
    end if;
    get stacked diagnostics said = message_text, state = returned_sqlstate;
    one := sources[1];
    insert into {reject} as r (name, source_key, path, reason, detail)
    values ({name}, {one_key}, '$', 'constraint_' || state, said)
    on conflict (name, source_key, path) do update
    set element = null, reason = excluded.reason, detail = excluded.detail,
        noticed = pg_catalog.clock_timestamp(), acknowledged = null
    where (r.element, r.reason, r.detail) is distinct from (null, excluded.reason, excluded.detail);
    get diagnostics changed = row_count;
    return changed;
end
