-- Pins what would otherwise depend on the role, the database or the client: how times are read and written,
-- how names are found, and what a statement may wait for (manual: 20.11, "Client Connection Defaults"). A policy that
-- would hide rows from a count is an error, and a table that somebody has locked holds up no reading.
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set search_path = pg_catalog;
set row_security = off;
set default_transaction_isolation = 'read committed';
set default_transaction_deferrable = off;
set client_min_messages = warning;
set statement_timeout = 0;
set lock_timeout = '1s';
set idle_in_transaction_session_timeout = '5s';
set default_tablespace = '';
set default_table_access_method = 'heap';
-- PostgreSQL 17 and newer.
select pg_catalog.set_config(s.name, '0', false) from pg_catalog.pg_settings as s where s.name operator(pg_catalog.=) 'transaction_timeout'
