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
    perform {sync}(sources);
    return pg_catalog.cardinality(sources);
end
