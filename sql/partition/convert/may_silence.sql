-- Whether the session may keep triggers from firing for what it writes.
select (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user) as may
