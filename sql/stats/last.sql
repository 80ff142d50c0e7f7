-- The counters as the last capture has read them. Whoever captures at the same time waits here, and then begins with
-- what this run has read.
select l.reading from last_reading as l for update
