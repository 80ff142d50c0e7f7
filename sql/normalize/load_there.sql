-- Moves a piece of the source into the target without that a row leaves the server. One row: how far it has come, what
-- became of every document and element, and how much there was to read.
with piece as materialized (
    select p.key, p.v, p.source_key, p.place, p.size
    from (
        select f.*, sum(f.size) over (order by f.place) - f.size as before
        from (
            select row({keys})::{queue} as key, s.{column} as v, {key_text} as source_key,
                   pg_catalog.row_number() over (order by {order}) as place,
                   coalesce(pg_catalog.pg_column_size(s.{column}), 0)::bigint as size
            from {source} as s
            where {range}
            order by {order}
            limit {rows}
        ) as f
    ) as p
    where p.before < {bytes}
),
read as materialized (
    select r.* from {read}(array(select p.key from piece as p)) as r
),
come as (
    insert into {target} ({columns})
    select {values} from read as g where g.place_among = 1
    {on_conflict}
    returning 1
),
noticed as (
    insert into {reject} as r (name, source_key, path, element, reason)
    select {name}, b.source_key, b.path, b.element, b.reason from read as b where b.reason <> 'skip'
    on conflict (name, source_key, path) do update
    set element = excluded.element, reason = excluded.reason, detail = null, acknowledged = null
),
documents as (
    select case when p.v is null then 'null'
                when pg_catalog.jsonb_typeof(p.v) = 'null' then 'json_null'
                when e.source_key is null then 'empty'
                when e.wrong_type then 'wrong_type'
                else 'with_elements' end as fate,
           pg_catalog.jsonb_typeof(p.v) as kind,
           pg_catalog.octet_length(p.v::text) + 1 as bytes
    from piece as p
    left join (
        select r.source_key, pg_catalog.bool_or(r.reason is not distinct from 'column_wrong_type') as wrong_type
        from read as r
        group by r.source_key
    ) as e on e.source_key = p.source_key
),
elements as (
    select pg_catalog.jsonb_build_object(
        'elements', count(*),
        'inserted', (select count(*) from come),
        'already_present', count(*) filter (where r.place_among = 1) - (select count(*) from come),
        'duplicate', count(*) filter (where r.place_among > 1),
        'duplicate_differs', count(*) filter (where r.differs),
        'rejected', count(*) filter (where r.reason <> 'skip'),
        'skipped', count(*) filter (where r.reason = 'skip'),
        'coerced', coalesce(sum(r.coerced) filter (where r.reason is null), 0),
        'defaulted', coalesce(sum(r.defaulted) filter (where r.reason is null), 0),
        'reasons', (select coalesce(pg_catalog.jsonb_object_agg(n.reason, n.many), '{{}}')
                    from (select b.reason, count(*) as many from read as b where b.reason <> 'skip' group by b.reason) as n)
    ) as counts
    from read as r
)
select (select p.source_key from piece as p order by p.place desc limit 1) as reached,
       (select e.counts from elements as e) || pg_catalog.jsonb_build_object(
           'source_rows', count(*),
           'null', count(*) filter (where d.fate = 'null'),
           'json_null', count(*) filter (where d.fate = 'json_null'),
           'empty', count(*) filter (where d.fate = 'empty'),
           'wrong_type', count(*) filter (where d.fate = 'wrong_type'),
           'with_elements', count(*) filter (where d.fate = 'with_elements'),
           'bytes', coalesce(sum(d.bytes), 0),
           'shapes', (select coalesce(pg_catalog.jsonb_object_agg(n.kind, n.many), '{{}}')
                      from (select o.kind, count(*) as many from documents as o
                            where o.fate in ('json_null', 'wrong_type', 'with_elements') group by o.kind) as n)
       ) as counts,
       (select sum(p.size) from piece as p) as size
from documents as d
