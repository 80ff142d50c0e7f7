-- A table, and when it is partitioned all that is below it, parents first, one JSON value each.
-- $1 oid of the table
with recursive tree as (
    select c.oid, null::oid as parent, 0 as level, false as detach_pending
    from pg_catalog.pg_class as c
    where c.oid = $1
    union all
    select i.inhrelid, i.inhparent, t.level + 1, i.inhdetachpending
    from tree as t
    join pg_catalog.pg_class as p on p.oid = t.oid and p.relkind = 'p'
    join pg_catalog.pg_inherits as i on i.inhparent = t.oid
)
select pg_catalog.jsonb_build_object(
    'oid', c.oid::bigint,
    'schema', n.nspname,
    'name', c.relname,
    'kind', c.relkind,
    'parent', t.parent::bigint,
    'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'owned', pg_catalog.pg_has_role(c.relowner, 'USAGE'),
    'may_create', pg_catalog.has_schema_privilege(n.oid, 'CREATE'),
    'temporary', c.relpersistence = 't',
    'detach_pending', t.detach_pending,
    'rows', case when c.reltuples >= 0 then c.reltuples::float8 end,
    'bytes', c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint
) as node
from tree as t
join pg_catalog.pg_class as c on c.oid = t.oid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- The newest partitions, which are used most, come first where names tell the time.
order by t.level, n.nspname, c.relname desc
