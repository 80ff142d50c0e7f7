-- Who we are in pg_stat_activity.
set application_name = {name}
