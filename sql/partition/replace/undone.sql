-- From now on the old table is known by the one that has its name.
do $do$
begin
    execute pg_catalog.format(
        'comment on table %s is %L', {old},
        pg_catalog.format('pgtend:replace undone parent=%s table=%s', {parent}, {table}::pg_catalog.regclass::oid));
end
$do$
