-- Old events, each to the partition of its month.
insert into client_usage_events_partitioned
select * from client_usage_events
where occurred_at >= date_trunc('month', now()) - interval '3 months'
