-- The partition's index that belongs to the parent's; it has its name only since the ATTACH.
do $do$
declare
    index_name text;
begin
    select c.relname into strict index_name
    from pg_catalog.pg_inherits as h
    join pg_catalog.pg_index as i on i.indexrelid = h.inhrelid
    join pg_catalog.pg_class as c on c.oid = h.inhrelid
    where h.inhparent = pg_catalog.to_regclass({parent_index})
      and i.indrelid = pg_catalog.to_regclass({partition});
    execute pg_catalog.format('alter table %s replica identity using index %I', {partition}, index_name);
end
$do$
