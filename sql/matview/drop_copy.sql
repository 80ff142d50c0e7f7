-- Without CASCADE: what somebody has built on it meanwhile stops the drop.
drop materialized view {copy}
