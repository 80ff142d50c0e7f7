-- In the order of the key, a transaction for each batch. FOR KEY SHARE: a row that is being deleted is waited for, and one
-- that is in the batch is not deleted before the registry has it. Ends with the proof that no key is missing.
do $do$
declare
    started boolean := false;
    more boolean;
    reached {registry}%rowtype;
    last {registry}%rowtype;
    missing bigint;
begin
    loop
        begin
            with batch as materialized (
                select {table_columns}
                from {table} as t
                where not started or ({table_keys}) > ({positions})
                order by {table_keys}
                limit 5000
                for key share
            ),
            filled as (
                insert into {registry} ({columns}) select * from batch on conflict do nothing
            )
            select b.* into last from batch as b order by {descending} limit 1;
            more := found;
        exception when lock_not_available or deadlock_detected then
            perform pg_catalog.pg_sleep(0.05);
            continue;
        end;
        commit;
        exit when not more;
        reached := last;
        started := true;
    end loop;
    select pg_catalog.count(*) into missing
    from {table} as t
    where not exists (select from {registry} as r where ({registry_keys}) = ({table_keys}));
    if missing > 0 then
        raise exception '% keys are missing in the registry', missing;
    end if;
    comment on table {registry} is {mark};
end
$do$
