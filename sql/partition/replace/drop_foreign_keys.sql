-- Rows of a table that nobody uses any more must not keep what they refer to from going.
do $do$
declare
    name text;
begin
    for name in
        select k.conname
        from pg_catalog.pg_constraint as k
        where k.conrelid = pg_catalog.to_regclass({table}) and k.contype = 'f' and k.conparentid = 0
    loop
        execute pg_catalog.format('alter table %s drop constraint %I', {table}, name);
    end loop;
end
$do$
