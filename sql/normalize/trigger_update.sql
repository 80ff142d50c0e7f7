create or replace trigger {trigger} after update of {columns} on {source}
for each row when (row({old}) is distinct from row({new})) execute function {function}()
