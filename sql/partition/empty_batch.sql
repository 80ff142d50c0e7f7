-- Rows go by DELETE where other tables refer to them, so that ON DELETE is honoured and the detach finds nothing to
-- check. Bounded, so that no transaction grows long.
delete from only {partition}
where ctid = any (array(select p.ctid from only {partition} as p limit 5000))
