-- The last of its kind to fire, when other triggers have set the reference. The argument says what is filled.
create trigger {trigger}
    before insert or update on {table}
    for each row execute function {function}({column})
