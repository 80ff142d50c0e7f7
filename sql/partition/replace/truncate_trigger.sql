create or replace trigger pgtend_replace_truncate
    after truncate on {table}
    for each statement execute function {function}()
