-- pgtend: no-transaction
-- Messages older than the trigger. Writers work on: until this ends, a message is locked against its deletion only,
-- which closes the gap between reading it here and deleting it elsewhere. `call register_thread_messages()` does the same
-- in batches; where there are tens of millions, call it between `migrate up --to 3` and this.
-- pgtend: allow=insert-select-copy reason="the trigger registers what is written meanwhile; nothing is left out"
with missing as materialized (
    select m.id, m."createdAt" as created_at
    from thread_messages as m
    where not exists (select from thread_message_ids as registered where registered.id = m.id)
    for key share of m
)
insert into thread_message_ids (id, created_at)
select id, created_at from missing
on conflict (id) do nothing;
