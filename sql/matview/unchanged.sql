-- The last look before the names change: the view is the one that was copied, with the same indexes, comments and grants.
do $do$
begin
    if (
        select pg_catalog.concat_ws('/', c.oid, c.xmin,
                   (select pg_catalog.string_agg(i.indexrelid || ':' || i.xmin, ',' order by i.indexrelid)
                    from pg_catalog.pg_index as i where i.indrelid = c.oid),
                   (select pg_catalog.string_agg(a.xmin::text, ',' order by a.attnum)
                    from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attnum > 0),
                   (select pg_catalog.string_agg(d.xmin::text, ',' order by d.objoid, d.objsubid)
                    from pg_catalog.pg_description as d
                    where d.classoid = 'pg_catalog.pg_class'::regclass
                      and (d.objoid = c.oid
                           or d.objoid in (select i.indexrelid from pg_catalog.pg_index as i where i.indrelid = c.oid))))
        from pg_catalog.pg_class as c
        where c.oid = {oid}
    ) is distinct from {state} then
        raise exception 'the view was changed by somebody else while its copy was made'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
end
$do$
