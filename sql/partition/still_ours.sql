-- The last look before rows go for good: this very table, detached, with the mark that pgtend has put on it, under the
-- owner of the table that it was detached from.
do $do$
begin
    if not exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_class as p on p.oid = {parent} and p.relowner = c.relowner
        join pg_catalog.pg_description as d
            on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
        where c.oid = {oid}
          and c.oid = pg_catalog.to_regclass({partition})::oid
          and c.relpersistence <> 't'
          and not exists (select from pg_catalog.pg_inherits as i where i.inhrelid = c.oid)
          and pg_catalog.split_part(d.description, e'\n', 1) = {mark}
    ) then
        raise exception 'it is not the detached table that was marked to be dropped'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
