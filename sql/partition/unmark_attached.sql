-- The detach did not happen: the partition stays, and its mark must not outlive the run. Where the detach is pending the
-- mark stays, for the next run to go on by.
do $do$
begin
    if exists (select from pg_catalog.pg_inherits as i
               where i.inhrelid = {oid} and i.inhparent = {parent} and not i.inhdetachpending) then
        execute pg_catalog.format('comment on table %s is %L', {oid}::regclass, {comment}::text);
    end if;
end
$do$
