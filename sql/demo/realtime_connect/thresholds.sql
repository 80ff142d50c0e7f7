-- Where the application stands.
select name, value, unit, state, warn_at, alert_at from v_thresholds
