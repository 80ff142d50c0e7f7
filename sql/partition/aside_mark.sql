-- The marks that tell the next run what this table is, and whose rows it holds. The first has the table's own oid.
do $do$
begin
    execute pg_catalog.format(
        'comment on table %s is %L',
        {aside},
        pg_catalog.format('pgtend:drop parent=%s oid=%s from=%s to=%s',
                          {parent}, {aside}::regclass::oid, {from}, {to}) || e'\n' || {rows}
    );
end
$do$
