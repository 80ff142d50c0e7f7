alter materialized view {view} cluster on {index}
