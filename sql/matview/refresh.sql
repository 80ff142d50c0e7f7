refresh materialized view {option}{view}
