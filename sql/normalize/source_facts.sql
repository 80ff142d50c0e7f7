-- What a run needs to know of the source and the target beside their columns: the planner's estimates, whether this
-- role may change them, and what would hide rows from it.
-- $1 source, $2 target
select coalesce((select sum(greatest(c.reltuples, 0)) from pg_catalog.pg_class as c
                 where c.oid = s.oid
                    or c.oid in (select t.relid from pg_catalog.pg_partition_tree(s.oid) as t where t.isleaf)), 0)::double precision
           as source_rows,
       pg_catalog.pg_has_role(s.relowner, 'usage') as owns_source,
       pg_catalog.pg_has_role(t.relowner, 'usage') as owns_target,
       pg_catalog.pg_get_userbyid(s.relowner)::text as source_owner,
       pg_catalog.pg_get_userbyid(t.relowner)::text as target_owner,
       s.relkind = 'r' and s.relhassubclass
           and exists (select from pg_catalog.pg_inherits as i where i.inhparent = s.oid) as source_inherited,
       s.relrowsecurity and s.relforcerowsecurity as source_hidden,
       t.relrowsecurity and t.relforcerowsecurity as target_hidden,
       t.relkind = 'p' as target_partitioned,
       exists (select from pg_catalog.pg_trigger as g
               where g.tgrelid = t.oid and not g.tgisinternal and g.tgtype & 7 = 7) as target_filled
from pg_catalog.pg_class as s, pg_catalog.pg_class as t
where s.oid = $1 and t.oid = $2
