-- Appends the keys before and after a change: see queue_function.sql.
begin
    if tg_op <> 'DELETE' then
        insert into {queue} select {new};
    end if;
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and row({old}) is distinct from row({new})) then
        insert into {queue} select {old};
    end if;
    return null;
end
