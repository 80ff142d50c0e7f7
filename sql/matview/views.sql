-- Materialized views with what decides how each can be refreshed. A size is left out while somebody locks or wants to
-- lock the view exclusively, as a plain refresh does for its whole run: asking for it would wait.
-- $1 oids, or null for all
with locked (oid) as materialized (
    select l.relation
    from pg_catalog.pg_locks as l
    where l.locktype = 'relation'
      and l.mode = 'AccessExclusiveLock'
      and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
)
select pg_catalog.jsonb_build_object(
    'oid', c.oid::bigint,
    'schema', n.nspname,
    'name', c.relname,
    'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'populated', c.relispopulated,
    'rows', case when c.reltuples >= 0 then c.reltuples end,
    'bytes', case when c.oid not in (select l.oid from locked as l)
                  then pg_catalog.pg_total_relation_size(c.oid) end,
    'locked', c.oid in (select l.oid from locked as l),
    'xmin', c.xmin::text,
    'definition', (select w.xmin::text from pg_catalog.pg_rewrite as w where w.ev_class = c.oid),
    'dead_rows', pg_catalog.pg_stat_get_dead_tuples(c.oid),
    -- When the row of pg_class was last written: the last refresh by anybody, or another change of the view.
    'touched', case when pg_catalog.current_setting('track_commit_timestamp') = 'on' and c.xmin::text::bigint > 2
                    then pg_catalog.pg_xact_commit_timestamp(c.xmin) end,
    'usable_index', exists (
        select
        from pg_catalog.pg_index as i
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate
          and i.indpred is null and i.indexprs is null),
    -- Unique indexes that look as if they would do.
    'useless_indexes', coalesce((
        select pg_catalog.jsonb_agg(x.relname || case
                   when not i.indisvalid then ' is invalid'
                   when i.indpred is not null then ' is partial'
                   else ' is on an expression' end order by x.relname)
        from pg_catalog.pg_index as i
        join pg_catalog.pg_class as x on x.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisunique), '[]'),
    'may_refresh', pg_catalog.pg_has_role(c.relowner, 'usage')
        or case when pg_catalog.current_setting('server_version_num')::integer >= 170000
                then pg_catalog.has_table_privilege(c.oid, 'maintain') else false end,
    'may_act_as_owner', pg_catalog.pg_has_role(c.relowner, 'member'),
    'owner_may_create', pg_catalog.has_schema_privilege(c.relowner, c.relnamespace, 'create'),
    -- What a view of another oid would not have: refused by a swap.
    'dependents', coalesce((
        select pg_catalog.jsonb_agg(distinct case
                   when w.oid is not null
                       then pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, w.ev_class, 0)
                   else pg_catalog.pg_describe_object(d.classid, d.objid, 0) end)
        from pg_catalog.pg_depend as d
        left join pg_catalog.pg_rewrite as w
            on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
        where (d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid
               or d.refclassid = 'pg_catalog.pg_type'::regclass
                  and d.refobjid in (select t.oid from pg_catalog.pg_type as t
                                     where t.oid = c.reltype
                                        or t.oid = (select r.typarray from pg_catalog.pg_type as r where r.oid = c.reltype)))
          and (d.deptype = 'n' or d.classid = 'pg_catalog.pg_statistic_ext'::regclass)
          and w.ev_class is distinct from c.oid), '[]'),
    'belongs', (
        select 'it belongs to extension ' || e.extname
        from pg_catalog.pg_depend as d
        join pg_catalog.pg_extension as e on e.oid = d.refobjid
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'),
    -- What the copy of a swap would not have.
    'uncopied', case
        when exists (select from pg_catalog.pg_seclabel as s
                     where s.classoid = 'pg_catalog.pg_class'::regclass and s.objoid = c.oid)
            then 'it has a security label'
        when exists (select
                     from pg_catalog.pg_attribute as a
                     join pg_catalog.pg_type as t on t.oid = a.atttypid
                     where a.attrelid = c.oid and a.attnum > 0
                       and (a.attstorage <> t.typstorage or a.attcompression <> '' or a.attoptions is not null))
            then 'a column has a storage or options of its own'
        when exists (select from pg_catalog.aclexplode(c.relacl) as x
                     where not pg_catalog.pg_has_role(x.grantor, 'member'))
            then 'others than its owner have granted on it, and this role cannot act as they'
        when exists (select from pg_catalog.pg_index as i where i.indrelid = c.oid and not i.indisvalid)
            then 'it has an invalid index'
    end
)::text as view
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'm'
  and c.relpersistence <> 't'
  -- A swap's copy is no view of the user's.
  and not (c.relname like 'pgtend\_%'
           and coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') like 'pgtend: copy of %')
  and ($1::oid[] is null or c.oid = any ($1::oid[]))
order by n.nspname, c.relname
