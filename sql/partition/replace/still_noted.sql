-- What nobody has noted must not be missing in the copies.
do $do$
begin
    if not {noted} then
        raise exception 'a trigger that notes changes was disabled while the rows were copied'
            using errcode = 'object_not_in_prerequisite_state', hint = 'run the same command again';
    end if;
end
$do$
