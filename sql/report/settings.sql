-- The settings that decide whether the server is safe, and whether its statistics tell enough. One that this role may
-- not see has no row. The values are those that a session begins with: pgtend's own have been set otherwise since.
-- $1 the names
select pg_catalog.row_to_json(x)::text as row
from (
    select s.name, s.reset_val as setting, s.unit, s.boot_val as initial, s.source, s.pending_restart
    from pg_catalog.pg_settings as s
    where s.name = any ($1::text[]) or s.pending_restart
    order by s.name
) as x
