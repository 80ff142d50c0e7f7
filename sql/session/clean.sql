-- What a session of the pool has of the use before goes: transaction, cursors, role, settings, advisory locks, temporary
-- tables. DISCARD ALL would take the driver's own prepared statements along.
rollback;
close all;
reset session authorization;
reset role;
reset all;
unlisten *;
select pg_catalog.pg_advisory_unlock_all();
discard temp;
discard sequences
