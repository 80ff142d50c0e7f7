-- What the server was busy with.
select calls, mean_ms, share_pct, left(query, 60) as query from v_query_performance limit 5
