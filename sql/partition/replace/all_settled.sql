-- Under the locks nothing may be left on the list.
do $do$
begin
    if exists (select from {delta}) then
        raise exception 'changes are left on the list'
            using errcode = 'object_not_in_prerequisite_state', hint = 'run the same command again';
    end if;
end
$do$
