-- The last look before rows go for good: this very table, detached, and marked by pgtend to be dropped.
do $do$
begin
    if not exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_description as d
            on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
        where c.oid = {oid}
          and c.oid = pg_catalog.to_regclass({partition})::oid
          and not c.relispartition
          and pg_catalog.starts_with(d.description, {mark})
    ) then
        raise exception 'it is not the detached table that was marked to be dropped'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
