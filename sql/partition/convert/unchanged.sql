-- A look under the lock: the table must be as it was when the plan was made, and its name must still be its own.
do $do$
begin
    if pg_catalog.to_regclass({table})::pg_catalog.oid is distinct from {oid}
       or {fingerprint} is distinct from {expected} then
        raise exception 'the table, or what hangs on it, has changed since the plan was made'
            using errcode = 'object_not_in_prerequisite_state', hint = 'run the same command again';
    end if;
end
$do$
