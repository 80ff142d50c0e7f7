-- Why a run of a file ended: in its open entry where it has one, else in a new one.
-- $1 set, $2 history, $3 version, $4 name, $5 SHA-256, $6 mode, $7 statements, $8 status, $9 error, $10 SQLSTATE,
-- $11 version of pgtend
with ended as (
    update migration_log
    set status = $8, error = $9, sqlstate = $10, finished_at = pg_catalog.clock_timestamp()
    where id = (select pg_catalog.max(id) from migration_log where history = $2 and version = $3)
      and status in ('running', 'failed', 'interrupted')
      and mode = 'statements'
    returning id
)
insert into migration_log (set_name, history, version, name, sha256, mode, stmt_total, status, error, sqlstate,
                           finished_at, tool_version)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, pg_catalog.clock_timestamp(), $11
where not exists (select from ended)
