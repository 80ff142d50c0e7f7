create function {function}() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog
as $function$
begin
    truncate {registry};
    return null;
end
$function$
