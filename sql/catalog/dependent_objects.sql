-- A table with everything that hangs on it, one JSON document: what a table that takes its place has to have, and what
-- has to be pointed at it. `others` holds what fits nowhere else, in the server's words.
-- $1 oid of the table
with t as (
    select c.* from pg_catalog.pg_class as c where c.oid = $1
),
-- Whatever depends on the table or on its row type, from other objects than itself.
hanging as (
    select distinct d.classid, d.objid, d.deptype
    from t
    join pg_catalog.pg_type as y on y.oid = t.reltype
    join pg_catalog.pg_depend as d
        on (d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = t.oid)
        or (d.refclassid = 'pg_catalog.pg_type'::regclass and d.refobjid in (y.oid, y.typarray))
    where not (d.classid = 'pg_catalog.pg_type'::regclass and d.objid in (y.oid, y.typarray))
),
rewritten as (
    select distinct w.ev_class, w.rulename, v.relkind, v.relname, v.relowner, v.reloptions, n.nspname, h.deptype,
           w.ev_class = $1 as own
    from hanging as h
    join pg_catalog.pg_rewrite as w on w.oid = h.objid
    join pg_catalog.pg_class as v on v.oid = w.ev_class
    join pg_catalog.pg_namespace as n on n.oid = v.relnamespace
    where h.classid = 'pg_catalog.pg_rewrite'::regclass
),
keys as (
    select k.*,
           n.nspname, r.relname, r.relkind,
           pg_catalog.has_table_privilege(r.oid, 'update, delete, truncate') as may_lock,
           pg_catalog.pg_has_role(r.relowner, 'usage') as owned
    from pg_catalog.pg_constraint as k
    join pg_catalog.pg_class as r on r.oid = case when k.conrelid = $1 then k.confrelid else k.conrelid end
    join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
    where k.contype = 'f' and (k.conrelid = $1 or k.confrelid = $1)
)
select pg_catalog.jsonb_build_object(
    'row_estimate', greatest(t.reltuples, 0)::float8,
    'bytes', pg_catalog.pg_table_size(t.oid),
    'analyzed', t.reltuples >= 0,
    'owned', pg_catalog.pg_has_role(t.relowner, 'usage'),
    'persistence', t.relpersistence,
    'identified', t.relreplident in ('f', 'i') or (t.relreplident = 'd' and exists (
        select from pg_catalog.pg_index as i where i.indrelid = t.oid and i.indisprimary)),
    'policies_forced', t.relrowsecurity and t.relforcerowsecurity,
    'is_partition', t.relispartition,
    'inherits', exists (select from pg_catalog.pg_inherits as i
                        where (i.inhrelid = t.oid and not t.relispartition) or i.inhparent = t.oid),
    'typed', t.reloftype <> 0,
    'extension', (select e.extname from pg_catalog.pg_depend as d
                  join pg_catalog.pg_extension as e on e.oid = d.refobjid
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = t.oid and d.deptype = 'e'),
    'columns', (
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'number', a.attnum,
            'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'base_type', pg_catalog.format_type(coalesce(nullif(y.typbasetype, 0), a.atttypid), null),
            'not_null', a.attnotnull,
            'generated', a.attgenerated <> '',
            'identity', nullif(a.attidentity, ''),
            'collation', (
                select pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(l.collname)
                from pg_catalog.pg_collation as l
                join pg_catalog.pg_namespace as s on s.oid = l.collnamespace
                where l.oid = a.attcollation)) order by a.attnum)
        from pg_catalog.pg_attribute as a
        join pg_catalog.pg_type as y on y.oid = a.atttypid
        where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped),
    'constraints', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', k.conname,
            'kind', k.contype,
            'definition', pg_catalog.pg_get_constraintdef(k.oid),
            'validated', k.convalidated,
            'deferrable', k.condeferrable,
            'no_inherit', k.connoinherit and k.contype = 'c',
            'columns', (select pg_catalog.jsonb_agg(a.attname order by u.place)
                        from pg_catalog.unnest(k.conkey) with ordinality as u(attnum, place)
                        join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = u.attnum),
            'index', k.conindid::bigint,
            'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')) order by k.conname)
        from pg_catalog.pg_constraint as k
        where k.conrelid = t.oid and k.contype in ('p', 'u', 'c', 'x', 'f')), '[]'),
    'referenced', coalesce((
        select pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_object(
            'schema', k.nspname, 'name', k.relname, 'may_lock', k.may_lock))
        from keys as k where k.conrelid = t.oid and k.confrelid <> t.oid), '[]'),
    'referencing', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'oid', k.oid::bigint,
            'name', k.conname,
            'table', pg_catalog.jsonb_build_object('schema', k.nspname, 'name', k.relname),
            'table_oid', k.conrelid::bigint,
            'partitioned', k.relkind = 'p',
            'may_lock', k.may_lock,
            'owned', k.owned,
            'validated', k.convalidated,
            'definition', pg_catalog.pg_get_constraintdef(k.oid),
            'columns', (select pg_catalog.jsonb_agg(a.attname order by u.place)
                        from pg_catalog.unnest(k.conkey) with ordinality as u(attnum, place)
                        join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum),
            'referenced_columns', (select pg_catalog.jsonb_agg(a.attname order by u.place)
                        from pg_catalog.unnest(k.confkey) with ordinality as u(attnum, place)
                        join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.attnum),
            'operators', (select pg_catalog.jsonb_agg(
                              pg_catalog.format('operator(%I.%s)', s.nspname, o.oprname) order by u.place)
                          from pg_catalog.unnest(k.conpfeqop) with ordinality as u(operator, place)
                          join pg_catalog.pg_operator as o on o.oid = u.operator
                          join pg_catalog.pg_namespace as s on s.oid = o.oprnamespace),
            'nullable', exists (
                select from pg_catalog.pg_attribute as a
                where a.attrelid = k.conrelid and a.attnum = any (k.conkey) and not a.attnotnull),
            'comment', pg_catalog.obj_description(k.oid, 'pg_constraint'),
            'match_full', k.confmatchtype = 'f',
            'on_update', k.confupdtype,
            'on_delete', k.confdeltype,
            -- PostgreSQL 15 and newer.
            'some_set', pg_catalog.to_jsonb(k) -> 'confdelsetcols' is not null
                and pg_catalog.to_jsonb(k) ->> 'confdelsetcols' is not null,
            'deferrable', k.condeferrable,
            -- They are made again in this order: one to a partitioned table takes names of the usual form for its parts.
            'deferred', k.condeferred)
            order by k.nspname, k.relname, not pg_catalog.starts_with(k.conname::text, k.relname::text), k.conname)
        from keys as k where k.confrelid = t.oid and k.conparentid = 0), '[]'),
    'triggers', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', g.tgname,
            'definition', pg_catalog.pg_get_triggerdef(g.oid),
            -- On whatever table.
            'act', pg_catalog.replace(
                pg_catalog.pg_get_triggerdef(g.oid),
                pg_catalog.format(' ON %I.%I ', (
                    select n.nspname from pg_catalog.pg_namespace as n where n.oid = t.relnamespace
                ), t.relname), ' '),
            'enabled', g.tgenabled,
            'row', g.tgtype & 1 = 1,
            'any_update', g.tgtype & 16 = 16 and g.tgattr::text = '',
            'transition_tables', g.tgoldtable is not null or g.tgnewtable is not null,
            'source', case when g.tgtype & 3 = 3 then p.prosrc end,
            'comment', pg_catalog.obj_description(g.oid, 'pg_trigger')) order by g.tgname)
        from pg_catalog.pg_trigger as g
        join pg_catalog.pg_proc as p on p.oid = g.tgfoid
        where g.tgrelid = t.oid and not g.tgisinternal), '[]'),
    'views', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', w.nspname,
            'name', w.relname,
            'owner', pg_catalog.pg_get_userbyid(w.relowner),
            'owned', pg_catalog.pg_has_role(w.relowner, 'usage'),
            'definition', pg_catalog.pg_get_viewdef(w.ev_class),
            'options', coalesce(pg_catalog.to_jsonb(w.reloptions), '[]')) order by w.ev_class)
        from rewritten as w where not w.own and w.relkind = 'v' and w.rulename = '_RETURN'), '[]'),
    'functions', coalesce((
        select pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_object(
            'name', pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
            'owned', pg_catalog.pg_has_role(p.proowner, 'usage'),
            'definition', pg_catalog.pg_get_functiondef(p.oid)))
        from hanging as h
        join pg_catalog.pg_proc as p on p.oid = h.objid and p.prosqlbody is not null and p.prokind in ('f', 'p')
        join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where h.classid = 'pg_catalog.pg_proc'::regclass
          and not exists (
              select from pg_catalog.pg_depend as d
              where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                and d.refclassid = 'pg_catalog.pg_type'::regclass and d.refobjid = t.reltype)), '[]'),
    'publications', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', p.pubname,
            'via_root', p.pubviaroot,
            'named', r.oid is not null,
            -- PostgreSQL 15 and newer.
            'columns', (select pg_catalog.jsonb_agg(a.attname order by a.attnum)
                        from pg_catalog.pg_attribute as a
                        where a.attrelid = t.oid
                          and a.attnum::text = any (pg_catalog.string_to_array(
                              pg_catalog.translate(pg_catalog.to_jsonb(r) ->> 'prattrs', '[],', ''), ' '))),
            'filter', case when r.oid is not null then (
                select pg_catalog.to_jsonb(x) ->> 'rowfilter'
                from pg_catalog.pg_publication_tables as x
                where x.pubname = p.pubname and x.schemaname = n.nspname and x.tablename = t.relname) end
            ) order by p.pubname)
        from pg_catalog.pg_publication as p
        join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
        left join pg_catalog.pg_publication_rel as r on r.prpubid = p.oid and r.prrelid = t.oid
        where r.oid is not null or p.puballtables), '[]'),
    'sequences', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'schema', n.nspname, 'name', s.relname, 'column', a.attname,
            'identity', d.deptype = 'i') order by a.attnum)
        from pg_catalog.pg_depend as d
        join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
        join pg_catalog.pg_namespace as n on n.oid = s.relnamespace
        join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
          and d.refobjid = t.oid and d.deptype in ('a', 'i')), '[]'),
    'index_comments', coalesce((
        select pg_catalog.jsonb_object_agg(i.indexrelid::text, pg_catalog.obj_description(i.indexrelid, 'pg_class'))
        from pg_catalog.pg_index as i
        where i.indrelid = t.oid and pg_catalog.obj_description(i.indexrelid, 'pg_class') is not null), '{}'),
    'update_rules', coalesce((
        select pg_catalog.jsonb_agg(w.rulename order by w.rulename)
        from pg_catalog.pg_rewrite as w where w.ev_class = t.oid and w.ev_type = '2'), '[]'),
    'extended_statistics', (select pg_catalog.count(*) from pg_catalog.pg_statistic_ext as s where s.stxrelid = t.oid),
    'others', coalesce((
        select pg_catalog.jsonb_agg(o.text order by o.text)
        from (
            select pg_catalog.format('rule %I', w.rulename) as text from rewritten as w where w.own
            union
            select case w.relkind when 'm' then 'materialized view ' else 'rule of ' end
                   || pg_catalog.format('%I.%I', w.nspname, w.relname)
            from rewritten as w where not w.own and (w.relkind <> 'v' or w.rulename <> '_RETURN')
            union
            select pg_catalog.pg_describe_object(h.classid, h.objid, 0)
            from hanging as h
            left join pg_catalog.pg_constraint as k
                on h.classid = 'pg_catalog.pg_constraint'::regclass and k.oid = h.objid
            left join pg_catalog.pg_class as c on h.classid = 'pg_catalog.pg_class'::regclass and c.oid = h.objid
            left join pg_catalog.pg_proc as p on h.classid = 'pg_catalog.pg_proc'::regclass and p.oid = h.objid
            left join pg_catalog.pg_policy as l on h.classid = 'pg_catalog.pg_policy'::regclass and l.oid = h.objid
            left join pg_catalog.pg_attrdef as f on h.classid = 'pg_catalog.pg_attrdef'::regclass and f.oid = h.objid
            where h.classid not in (
                      'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_trigger'::regclass,
                      'pg_catalog.pg_publication_rel'::regclass, 'pg_catalog.pg_statistic_ext'::regclass)
              and not (k.oid is not null and (k.conrelid = t.oid or k.confrelid = t.oid))
              and not (c.oid is not null and c.relkind in ('i', 'I', 'S', 't') and h.deptype in ('a', 'i'))
              and not (p.oid is not null and p.prosqlbody is not null and p.prokind in ('f', 'p') and not exists (
                  select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                    and d.refclassid = 'pg_catalog.pg_type'::regclass and d.refobjid = t.reltype))
              -- A partitioned table depends on its key's columns.
              and coalesce(c.oid, 0) <> t.oid
              and coalesce(l.polrelid, 0) <> t.oid
              and coalesce(f.adrelid, 0) <> t.oid
              -- Children by inheritance have a word of their own.
              and not (c.oid is not null and exists (
                  select from pg_catalog.pg_inherits as i where i.inhrelid = c.oid and i.inhparent = t.oid))
        ) as o), '[]')
) as objects
from t
