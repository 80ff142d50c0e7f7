-- Whether a default partition holds any row of some ranges. Stops at the first one.
select exists (select from {default} where {condition}) as found
