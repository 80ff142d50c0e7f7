-- What a partition has for itself that no other table in its place would have, in words.
-- $1 oid of the partition, $2 of the partitioned table
select x.reason
from (
    select 'trigger ' || pg_catalog.quote_ident(t.tgname) || ' is on it alone: drop it, and make it again afterwards'
    from pg_catalog.pg_trigger as t
    where t.tgrelid = $1 and not t.tgisinternal and t.tgparentid = 0 and t.tgname not in ('pgtend_replace', 'pgtend_replace_truncate')
    union all
    select 'foreign key ' || pg_catalog.quote_ident(k.conname) || ' is on it alone: give it to the partitioned table, or drop it'
    from pg_catalog.pg_constraint as k
    where k.conrelid = $1 and k.contype = 'f' and k.conparentid = 0
    union all
    select 'foreign key ' || pg_catalog.quote_ident(k.conname) || ' of ' || k.conrelid::pg_catalog.regclass::text
           || ' refers to the partition itself: let it refer to the partitioned table'
    from pg_catalog.pg_constraint as k
    where k.confrelid = $1 and k.contype = 'f' and k.conparentid = 0
    union all
    select 'rule ' || pg_catalog.quote_ident(r.rulename) || ' is on it'
    from pg_catalog.pg_rewrite as r where r.ev_class = $1
    union all
    select 'publication ' || pg_catalog.quote_ident(p.pubname) || ' names the partition itself: let it name the partitioned table'
    from pg_catalog.pg_publication_rel as m
    join pg_catalog.pg_publication as p on p.oid = m.prpubid
    where m.prrelid = $1
    union all
    select 'publication ' || pg_catalog.quote_ident(p.pubname) || ' is for all tables: its subscribers would be sent the copies too'
    from pg_catalog.pg_publication as p where p.puballtables
    union all
    select 'publication ' || pg_catalog.quote_ident(p.pubname) || ' would tell subscribers of partitions that they do not have: '
           || 'alter publication ' || pg_catalog.quote_ident(p.pubname) || ' set (publish_via_partition_root = true)'
    from pg_catalog.pg_publication_rel as m
    join pg_catalog.pg_publication as p on p.oid = m.prpubid
    where m.prrelid = $2 and not p.pubviaroot
    union all
    select 'sequence ' || d.objid::pg_catalog.regclass::text || ' belongs to a column of it: alter sequence ... owned by '
           || $2::pg_catalog.regclass::text || '. ...'
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid = $1 and d.deptype = 'a'
    union all
    select 'subscription ' || pg_catalog.quote_ident(s.subname) || ' writes into it, and would pass the new tables over: drop the '
           || 'subscription, and make it again afterwards with copy_data = false'
    from pg_catalog.pg_subscription_rel as r
    join pg_catalog.pg_subscription as s on s.oid = r.srsubid
    where r.srrelid = $1
    union all
    select 'row security hides rows from this role, which would be left behind: use a role that bypasses it'
    where pg_catalog.row_security_active($1) or pg_catalog.row_security_active($2)
    union all
    select 'it belongs to an extension'
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = $1 and d.deptype = 'e'
) as x(reason)
