-- Some blocks at a time, a transaction for each, so many that each is over soon. What is written meanwhile the trigger
-- fills. FOR KEY SHARE: no row that is referred to changes its key before the reference has it. No variable has a name
-- that a column may have.
declare
    pgtend_blocks bigint := pg_catalog.pg_relation_size({name}) / pg_catalog.current_setting('block_size')::bigint;
    pgtend_reached bigint := 0;
    pgtend_size bigint := 4;
    pgtend_began timestamptz;
    pgtend_took interval;
begin
    while pgtend_reached < pgtend_blocks loop
        pgtend_began := pg_catalog.clock_timestamp();
        begin
            with batch as materialized (
                select c.ctid as place, t.{by} as value
                from only {table} as c
                join {referenced} as t on {matches}
                where c.ctid >= pg_catalog.format('(%s,0)', pgtend_reached)::tid
                  and c.ctid < pg_catalog.format('(%s,0)', pgtend_reached + pgtend_size)::tid
                  and c.{column} is null
                for key share of t
            )
            update only {table} as c
            set {column} = b.value
            from batch as b
            where c.ctid = b.place and c.{column} is null;
        exception when lock_not_available or deadlock_detected then
            pgtend_size := 1;
            perform pg_catalog.pg_sleep(0.05);
            continue;
        end;
        commit;
        pgtend_reached := pgtend_reached + pgtend_size;
        pgtend_took := pg_catalog.clock_timestamp() - pgtend_began;
        pgtend_size := case when pgtend_took > interval '40 ms' then greatest(pgtend_size / 2, 1)
                     when pgtend_took < interval '15 ms' then least(pgtend_size * 2, 256)
                     else pgtend_size end;
    end loop;
end
