-- Notes that nothing is left.
create function {function}() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog
as $function$
begin
    insert into {delta} default values;
    return null;
end
$function$
