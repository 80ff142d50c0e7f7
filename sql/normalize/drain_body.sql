-- First the keys are taken, then their rows are made again: see drain_function.sql.
declare
    sources {queue}[];
begin
    with taken as (
        delete from {queue} as q
        where q.ctid = any (array(select n.ctid from {queue} as n limit most))
        returning q
    )
    select pg_catalog.array_agg(taken.q) into sources from taken;
    if sources is null then
        return 0;
    end if;
    -- A transaction that is older than this change may write the source row without seeing it.
    if {sync}(sources) > 0 then
        update {backfill} set switched = pg_catalog.pg_current_xact_id() where name = {name} and switched is not null;
    end if;
    -- Writers who never rest would be chased for ever: what is left of so few keys is for the one who holds a lock.
    return case when exists (select from {queue} as q offset 100) then pg_catalog.cardinality(sources) else 0 end;
end
