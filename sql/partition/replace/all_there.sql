-- These are the table's partitions, and no others: one that has come since would go with them, and nobody has copied its
-- rows.
do $do$
declare
    other text;
begin
    select i.inhrelid::pg_catalog.regclass::text into other
    from pg_catalog.pg_inherits as i
    where i.inhparent = {parent} and i.inhrelid <> all (array[{oids}]::oid[])
    limit 1;
    if found then
        raise exception 'partition % has come since the copying began', other
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'take back what was prepared with --abort, and begin again';
    end if;
    select p.name into other
    from rows from (pg_catalog.unnest(array[{oids}]::oid[]), pg_catalog.unnest(array[{names}])) as p(oid, name)
    where p.oid is distinct from pg_catalog.to_regclass(p.name)::oid
       or not exists (
           select from pg_catalog.pg_inherits as i
           where i.inhrelid = p.oid and i.inhparent = {parent} and not i.inhdetachpending)
    limit 1;
    if found then
        raise exception '% is not the partition of the plan any more', other
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
