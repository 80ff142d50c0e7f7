-- The last look: this is the table that was filled, to its end, and is not a partition yet.
do $do$
begin
    if not exists (
        select
        from pg_catalog.pg_class as c
        where c.oid = pg_catalog.to_regclass({table})::pg_catalog.oid
          and not c.relispartition
          and pg_catalog.obj_description(c.oid, 'pg_class') = {mark}
    ) then
        raise exception 'a table that was made for the rows is not the one that was filled'
            using errcode = 'object_not_in_prerequisite_state', hint = 'run the same command again';
    end if;
end
$do$
