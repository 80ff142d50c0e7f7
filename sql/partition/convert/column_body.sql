-- The application goes on to write only what it has always written. FOR KEY SHARE, as the foreign key itself does: a row
-- that is being changed or deleted is waited for.
begin
    if tg_op = 'UPDATE' and new.{column} is not null
       and pg_catalog.record_image_eq(row({new_values}), row({old_values})) then
        return new;
    end if;
    if {absent} then
        new.{column} := null;
        return new;
    end if;
    if new.{column} is not null then
        perform from {referenced} as t where {matches} and t.{by} = new.{column} for key share;
        if found then
            return new;
        end if;
    end if;
    select t.{by} into new.{column} from {referenced} as t where {matches} order by t.{by} desc limit 1 for key share;
    if not found then
        raise foreign_key_violation using
            message = {message},
            detail = {before} || pg_catalog.concat_ws(', ', {values}) || {after},
            schema = tg_table_schema,
            table = tg_table_name,
            constraint = {constraint};
    end if;
    return new;
end
