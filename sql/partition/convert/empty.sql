-- The last look before a table that has nothing in it goes.
do $do$
begin
    if exists (select from {table}) then
        raise exception 'there are rows in %, which was made empty', {name}
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
