alter materialized view {view} rename to {name}
