-- See truncate_function.sql.
begin
    raise exception 'pgtend keeps another table in step with %', tg_relid::pg_catalog.regclass
        using hint = 'delete the rows, or end it first: pgtend normalize abort';
end
