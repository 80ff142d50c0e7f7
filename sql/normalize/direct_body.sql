-- Brings the rows of a changed source row in step at once.
begin
    if tg_op <> 'DELETE' then
        perform {sync}(array[row({new})::{queue}]);
    end if;
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and row({old}) is distinct from row({new})) then
        perform {sync}(array[row({old})::{queue}]);
    end if;
    return null;
end
