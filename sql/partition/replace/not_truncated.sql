-- What TRUNCATE has taken from the table must not come back from the copies.
do $do$
begin
    if exists (select from {delta} where pgtend_k1 is null) then
        raise exception 'TRUNCATE has emptied the partition while it was copied'
            using errcode = 'object_not_in_prerequisite_state', hint = 'run the same command again';
    end if;
end
$do$
