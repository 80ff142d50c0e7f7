-- A version that is applied; the time as RFC 3339, by the server's clock.
insert into {history} (version, name, applied_on, checksum)
values ({version}, {name},
        pg_catalog.to_char(pg_catalog.clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), {checksum})
