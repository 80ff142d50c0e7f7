-- Rows that a foreign key will not have become rejects.
with gone as (
    delete from {target} as t
    where {present} and not exists (select from {referenced} as r where {same})
    returning {key} as source_key, pg_catalog.to_jsonb(t) as row
), noted as (
    insert into {reject} (name, source_key, path, element, reason, detail)
    select {name}, g.source_key, '$.' || pg_catalog.row_number() over (partition by g.source_key), g.row, 'foreign_key', {constraint}
    from gone as g
    on conflict (name, source_key, path) do nothing
)
update {backfill} as b
set counts = b.counts || pg_catalog.jsonb_build_object(
        'inserted', (b.counts ->> 'inserted')::bigint - (select count(*) from gone),
        'rejected', (b.counts ->> 'rejected')::bigint + (select count(*) from gone),
        'reasons', (b.counts -> 'reasons') || pg_catalog.jsonb_build_object('foreign_key',
            coalesce((b.counts -> 'reasons' ->> 'foreign_key')::bigint, 0) + (select count(*) from gone)))
where b.name = {name}
