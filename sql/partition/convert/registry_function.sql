-- Keeps the registry. A row that moves to another partition is deleted there and inserted here, in one statement: its
-- key must neither go nor be taken for a second one. A row that row level security hides would be taken for none:
-- with row_security off that is an error.
create function {function}() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog
    set row_security = off
as $function$
begin
    if tg_op = 'INSERT' then
        loop
            insert into {registry} as r ({columns}) values ({new_values}) on conflict ({key_columns}) do nothing;
            exit when found;
            -- Who else has to do with the key has ended, or waits: only statements after this one see all that was
            -- committed.
            perform from {registry} as r where ({registry_keys}) = ({new_keys}) for no key update;
            continue when not found;
            if (select count(*) from (select from {table} as t where ({table_keys}) = ({new_keys}) limit 2) as s) > 1 then
                raise unique_violation using
                    message = {message},
                    detail = {before} || pg_catalog.concat_ws(', ', {new_keys}) || ') already exists.',
                    schema = tg_table_schema,
                    table = {table_name},
                    constraint = {constraint};
            end if;
            update {registry} as r set {by} = new.{by} where ({registry_keys}) = ({new_keys});
            exit;
        end loop;
    elsif tg_op = 'DELETE' then
        delete from {registry} as r
        where ({registry_keys}) = ({old_keys})
          and not exists (select from {table} as t where ({table_keys}) = ({old_keys}));
    else
        update {registry} as r set ({columns}) = row({new_values}) where ({registry_keys}) = ({old_keys});
        if not found then
            insert into {registry} as r ({columns}) values ({new_values})
            on conflict ({key_columns}) do update set {by} = excluded.{by};
        end if;
    end if;
    return null;
end
$function$
