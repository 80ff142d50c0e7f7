-- How many went along.
, (select d.rows from {digest} as d)
