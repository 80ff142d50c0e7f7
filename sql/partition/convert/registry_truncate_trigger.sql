create trigger pgtend_ids_truncate
    before truncate on {table}
    for each statement execute function {function}()
