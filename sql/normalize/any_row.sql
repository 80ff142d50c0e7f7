-- Whether the target has a row.
select exists (select from {target})::integer
