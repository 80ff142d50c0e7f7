-- Keeps the registry. A row that moves to another partition is deleted there and inserted here, in one statement: its
-- key must neither go nor be taken for a second one.
create function {function}() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog
as $function$
begin
    if tg_op = 'INSERT' then
        insert into {registry} as r ({columns}) values ({new_values})
        on conflict ({key_columns}) do update set {by} = excluded.{by}
        where not exists (select from {table} as t where ({table_keys}) = ({registry_keys}) and t.{by} = r.{by});
        if not found then
            raise unique_violation using
                message = 'duplicate key value violates unique constraint of ' || {registry_name},
                detail = 'the key is taken by a row of another partition',
                table = {registry_name};
        end if;
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
