-- Some blocks at a time, a transaction for each, so many that each is over soon. What is written meanwhile the trigger
-- fills. FOR KEY SHARE: no row that is referred to changes its key before the reference has it.
declare
    blocks bigint := pg_catalog.pg_relation_size({name}) / pg_catalog.current_setting('block_size')::bigint;
    reached bigint := 0;
    size bigint := 4;
    began timestamptz;
    took interval;
begin
    while reached < blocks loop
        began := pg_catalog.clock_timestamp();
        begin
            with batch as materialized (
                select c.ctid as place, t.{by} as value
                from only {table} as c
                join {referenced} as t on {matches}
                where c.ctid >= pg_catalog.format('(%s,0)', reached)::tid
                  and c.ctid < pg_catalog.format('(%s,0)', reached + size)::tid
                  and c.{column} is null
                for key share of t
            )
            update only {table} as c
            set {column} = b.value
            from batch as b
            where c.ctid = b.place and c.{column} is null;
        exception when lock_not_available or deadlock_detected then
            size := 1;
            perform pg_catalog.pg_sleep(0.05);
            continue;
        end;
        commit;
        reached := reached + size;
        took := pg_catalog.clock_timestamp() - began;
        size := case when took > interval '40 ms' then greatest(size / 2, 1)
                     when took < interval '15 ms' then least(size * 2, 256)
                     else size end;
    end loop;
end
