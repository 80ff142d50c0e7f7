-- What somebody has built on the view while its copy was made knows the view by its oid, and would stay with the old one.
do $do$
declare
    dependents text;
begin
    select pg_catalog.string_agg(distinct case
               when w.oid is not null
                   then pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, w.ev_class, 0)
               else pg_catalog.pg_describe_object(d.classid, d.objid, 0) end, ', ')
    into dependents
    from pg_catalog.pg_class as c
    join pg_catalog.pg_depend as d
        on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid
        or d.refclassid = 'pg_catalog.pg_type'::regclass
           and d.refobjid in (select t.oid from pg_catalog.pg_type as t
                              where t.oid = c.reltype
                                 or t.oid = (select r.typarray from pg_catalog.pg_type as r where r.oid = c.reltype))
    left join pg_catalog.pg_rewrite as w
        on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
    where c.oid = {oid}
      and (d.deptype = 'n' or d.classid = 'pg_catalog.pg_statistic_ext'::regclass)
      and w.ev_class is distinct from c.oid;
    if dependents is not null then
        raise exception 'others came to depend on the view while its copy was made: %', dependents
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
