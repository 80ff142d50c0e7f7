-- The argument says which registry it is, for who looks at the trigger.
create trigger "00_pgtend_ids"
    after insert or delete or update of {columns} on {table}
    for each row execute function {function}({registry})
