-- What a session of the pool has of the use before goes: cursors, role, settings, advisory locks, temporary tables. Its
-- transaction has been rolled back by then. DISCARD ALL would take the driver's own prepared statements along.
select pg_catalog.pg_advisory_unlock_all();
close all;
reset session authorization;
reset role;
reset all;
unlisten *;
discard temp;
discard sequences
