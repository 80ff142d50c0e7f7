-- The last look before rows go for good: this very table, marked as the one whose rows the other has, under its owner.
do $do$
begin
    if not exists (
        select
        from pg_catalog.pg_class as c
        join pg_catalog.pg_class as t
            on t.oid = pg_catalog.to_regclass({table})::oid and t.relkind = 'r' and t.relowner = c.relowner
        where c.oid = {oid}
          and c.oid = pg_catalog.to_regclass({old})::oid
          and c.relkind = 'p'
          and not c.relispartition
          and pg_catalog.obj_description(c.oid, 'pg_class')
              = pg_catalog.format('pgtend:replace undone parent=%s table=%s', c.oid, t.oid)
    ) then
        raise exception 'it is not the partitioned table that was marked to be dropped'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
