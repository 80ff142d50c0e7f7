-- A look under the lock: names can change between plan and step, and this must be the very partition of the plan.
do $do$
begin
    if not exists (
        select
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where c.oid = {oid}
          and c.oid = pg_catalog.to_regclass({partition})::oid
          and i.inhparent = {parent}
          and i.inhparent = pg_catalog.to_regclass({parent_name})::oid
          and pg_catalog.pg_get_expr(c.relpartbound, c.oid) = {bound}
    ) then
        raise exception 'it is not the partition of the plan any more'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
