-- See still_empty.sql.
begin
    if exists (select from {target}) then
        raise exception 'the target has rows by now' using hint = 'run the same command again';
    end if;
end
