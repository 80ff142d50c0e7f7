-- Whether the session may keep triggers from firing for what it writes: a right of its own since PostgreSQL 15.
select pg_catalog.has_parameter_privilege('session_replication_role', 'set') as may
