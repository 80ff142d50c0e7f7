-- What the documents of some keys say now becomes the rows and rejects of these keys; rows that stay are not touched.
#variable_conflict use_column
declare
    one {queue};
    made record;
    said text;
    state text;
    changed bigint;
    more bigint;
begin
    with {changes},
    come as (
        insert into {target} as t ({columns})
        select {values} from read as g where g.place_among = 1
        on conflict ({unique}) {on_conflict}
        returning 1
    )
    select pg_catalog.count(*)
    into changed
    from (select 1 from gone union all select 1 from forgotten union all select 1 from noticed union all select 1 from come) as c;
    return changed;
exception when integrity_constraint_violation or data_exception or program_limit_exceeded or raise_exception then
    -- The application's own write must not fail for a constraint of the target.
    if pg_catalog.cardinality(sources) > 1 then
        changed := 0;
        foreach one in array sources loop
            changed := changed + {function}(array[one]);
        end loop;
        return changed;
    end if;
    begin
        with {changes_one_by_one}
        select pg_catalog.count(*)
        into changed
        from (select 1 from gone union all select 1 from forgotten union all select 1 from noticed) as c;
        -- A row that the target refuses keeps no other out.
        for made in select * from {read}(sources) as g where g.place_among = 1 loop
            begin
                insert into {target} as t ({columns})
                values ({made_values})
                on conflict ({unique}) {on_conflict};
                get diagnostics more = row_count;
                changed := changed + more;
                delete from {reject} as r
                where r.name = {name} and r.source_key = made.source_key and r.path = made.path;
            exception when integrity_constraint_violation or data_exception or program_limit_exceeded or raise_exception then
                get stacked diagnostics said = message_text, state = returned_sqlstate;
                delete from {target} as t where {same_made};
                get diagnostics more = row_count;
                changed := changed + more;
                insert into {reject} as r (name, source_key, path, element, reason, detail)
                values ({name}, made.source_key, made.path, made.element, 'constraint_' || state, said)
                on conflict (name, source_key, path) do update
                set element = excluded.element, reason = excluded.reason, detail = excluded.detail,
                    noticed = pg_catalog.clock_timestamp(), acknowledged = null
                where (r.element, r.reason) is distinct from (excluded.element, excluded.reason);
                get diagnostics more = row_count;
                changed := changed + more;
            end;
        end loop;
        return changed;
    exception when integrity_constraint_violation or data_exception or program_limit_exceeded or raise_exception then
        -- A row that has to go is held by others.
        get stacked diagnostics said = message_text, state = returned_sqlstate;
    end;
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
