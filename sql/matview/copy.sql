-- A materialized view like another one, which nobody reads yet.
create materialized view {copy}{method}{tablespace} as
{definition}
with no data
