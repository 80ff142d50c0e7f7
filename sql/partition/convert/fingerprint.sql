-- What a table is and what hangs on it, as one hash, without what pgtend has put there: the same before and under the
-- lock, or somebody has changed something meanwhile.
(select pg_catalog.md5(pg_catalog.string_agg(f.line, e'\n' order by f.line collate "C"))
 from (
    select pg_catalog.concat_ws('|', 'table', c.relname, c.relnamespace, c.relowner, c.relacl, c.relrowsecurity,
                                c.relforcerowsecurity, c.relreplident, c.relpersistence, c.reltablespace)
    from pg_catalog.pg_class as c where c.oid = {oid}
    union all
    select pg_catalog.concat_ws('|', 'column', a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity,
                                a.attgenerated, a.attcollation, a.attacl,
                                pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    from pg_catalog.pg_attribute as a
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = {oid} and a.attnum > 0 and not a.attisdropped
    union all
    select pg_catalog.concat_ws('|', 'constraint', k.oid, k.conname, k.convalidated, pg_catalog.pg_get_constraintdef(k.oid))
    from pg_catalog.pg_constraint as k
    where (k.conrelid = {oid} or (k.confrelid = {oid} and k.conparentid = 0))
      and k.contype in ('p', 'u', 'c', 'x', 'f') and pg_catalog."left"(k.conname, 7) <> 'pgtend_'
    union all
    select pg_catalog.concat_ws('|', 'index', i.indexrelid, i.indisvalid, c.relname)
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where i.indrelid = {oid} and pg_catalog."left"(c.relname, 7) <> 'pgtend_'
    union all
    -- How the function is called depends on the search path.
    select pg_catalog.concat_ws('|', 'trigger', g.oid, g.tgenabled, g.tgfoid, g.tgargs,
                                pg_catalog.regexp_replace(pg_catalog.pg_get_triggerdef(g.oid), ' EXECUTE FUNCTION .*$', ''))
    from pg_catalog.pg_trigger as g
    where g.tgrelid = {oid} and not g.tgisinternal and g.tgname not in ('00_pgtend_ids', 'pgtend_ids_truncate')
    union all
    select pg_catalog.concat_ws('|', 'policy', p.polname, p.polcmd, p.polpermissive, p.polroles::text,
                                pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                                pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    from pg_catalog.pg_policy as p where p.polrelid = {oid}
    union all
    select pg_catalog.concat_ws('|', 'rule', w.ev_class, w.rulename, pg_catalog.pg_get_ruledef(w.oid))
    from (select distinct d.objid from pg_catalog.pg_depend as d
          where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = {oid}
            and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass) as d
    join pg_catalog.pg_rewrite as w on w.oid = d.objid
    union all
    select pg_catalog.concat_ws('|', 'depends', d.classid, d.objid, d.refobjsubid)
    from pg_catalog.pg_depend as d
    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = {oid}
      and d.classid in ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass,
                        'pg_catalog.pg_publication_rel'::pg_catalog.regclass)
    union all
    select pg_catalog.concat_ws('|', 'publication', p.oid, p.pubviaroot)
    from pg_catalog.pg_publication as p where p.puballtables
) as f(line))
