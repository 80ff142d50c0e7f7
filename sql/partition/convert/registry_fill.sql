-- In the order of the key, a transaction for each batch. FOR KEY SHARE: a row that is being deleted is waited for, and one
-- that is in the batch is not deleted before the registry has it. Ends with the proof that no key is missing.
-- No variable has a name that a column may have.
do $do$
declare
    pgtend_started boolean := false;
    pgtend_more boolean;
    pgtend_reached {registry}%rowtype;
    pgtend_last {registry}%rowtype;
    pgtend_missing bigint;
begin
    loop
        begin
            with batch as materialized (
                select {table_columns}
                from {table} as t
                where not pgtend_started or ({table_keys}) > ({positions})
                order by {table_keys}
                limit 5000
                for key share
            ),
            filled as (
                insert into {registry} ({columns}) select * from batch on conflict do nothing
            )
            select b.* into pgtend_last from batch as b order by {descending} limit 1;
            pgtend_more := found;
        exception when lock_not_available or deadlock_detected then
            perform pg_catalog.pg_sleep(0.05);
            continue;
        end;
        commit;
        exit when not pgtend_more;
        pgtend_reached := pgtend_last;
        pgtend_started := true;
    end loop;
    select pg_catalog.count(*) into pgtend_missing
    from {table} as t
    where not exists (select from {registry} as r where ({registry_keys}) = ({table_keys}));
    if pgtend_missing > 0 then
        raise exception '% keys are missing in the registry', pgtend_missing;
    end if;
    comment on table {registry} is {mark};
end
$do$
