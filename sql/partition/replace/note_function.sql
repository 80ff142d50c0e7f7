-- Notes the key of each row that comes, goes or changes, in the transaction that changes it. The copies are brought up to
-- the row as it is then. Images are compared, not values: what is equal may still be another key.
create or replace function {function}() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog
as $function$
begin
    if tg_op <> 'INSERT' then
        insert into {delta} values ({old_keys});{through}
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and record_image_ne(row({new_keys}), row({old_keys}))) then
        insert into {delta} values ({new_keys});
    end if;
    return null;
end
$function$
