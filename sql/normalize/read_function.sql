-- What the documents of some keys say: every element with its row, or the reason why it has none.
create or replace function {function}(sources {queue}[])
returns table (source_key text, path text, element jsonb, reason text, coerced integer, defaulted integer,
               place_among bigint, differs boolean{columns})
language sql stable as {body}
