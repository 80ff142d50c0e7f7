-- The server's clock in microseconds, between the statements of a transaction: how long its locks were waited for and
-- held is measured where it happens, not over the network.
select (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::bigint
