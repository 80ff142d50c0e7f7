-- Sequences whose current value was set and not called yet, as all new ones: pg_sequence_last_value knows nothing of
-- them, and only the sequence itself tells what comes next. Those that this role may not read are left out, and those
-- that somebody locks.
with s as materialized (
    select c.oid, n.nspname, c.relname
    from pg_catalog.pg_sequence as q
    join pg_catalog.pg_class as c on c.oid = q.seqrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relpersistence <> 't'
      -- What is not logged has no values on a standby.
      and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
      and pg_catalog.has_sequence_privilege(q.seqrelid, 'select')
      and pg_catalog.has_schema_privilege(n.oid, 'usage')
      and not exists (
          select from pg_catalog.pg_locks as l
          where l.locktype = 'relation' and l.relation = c.oid
            and l.database = (select d.oid from pg_catalog.pg_database as d
                              where d.datname = pg_catalog.current_database())
            and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
)
select s.oid, s.nspname::text as schema, s.relname::text as name
from s
where pg_catalog.pg_sequence_last_value(s.oid) is null
