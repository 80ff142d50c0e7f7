-- Copying begins again, so that TRUNCATE is dealt with.
delete from {delta}
