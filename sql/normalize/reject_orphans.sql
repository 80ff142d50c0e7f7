-- Rows that a foreign key will not have go, and their documents are read once more, which makes rejects of them.
with gone as (
    delete from {target} as t
    where {present} and not exists (select from {referenced} as r where {same})
    returning {keys}
), noted as (
    insert into {queue} select distinct * from gone
)
update {backfill} as b
set counts = b.counts || pg_catalog.jsonb_build_object(
        'inserted', (b.counts ->> 'inserted')::bigint - (select count(*) from gone),
        'rejected', (b.counts ->> 'rejected')::bigint + (select count(*) from gone),
        'reasons', (b.counts -> 'reasons') || pg_catalog.jsonb_build_object('constraint_23503',
            coalesce((b.counts -> 'reasons' ->> 'constraint_23503')::bigint, 0) + (select count(*) from gone)))
where b.name = {name} and exists (select from gone)
