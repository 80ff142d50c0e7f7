-- Old entries, each to the partition of its month.
insert into audit_logs_partitioned
select * from audit_logs
where created_at >= date_trunc('month', now()) - interval '3 months'
