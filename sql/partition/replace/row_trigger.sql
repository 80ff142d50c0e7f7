create or replace trigger pgtend_replace
    after insert or delete or update on {table}
    for each row execute function {function}()
