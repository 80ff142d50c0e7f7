-- The same month in its partition.
select count(*), sum(length(content)) from thread_messages_partitioned
where "createdAt" >= date_trunc('month', now()) - interval '1 month' and "createdAt" < date_trunc('month', now())
