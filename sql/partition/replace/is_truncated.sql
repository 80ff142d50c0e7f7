-- Whether TRUNCATE has emptied a table while it was copied: a row without a key tells it.
select exists (select from {delta} where pgtend_k1 is null)
