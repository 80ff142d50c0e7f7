-- A month's messages in the table that is not partitioned.
select count(*), sum(length(content)) from thread_messages
where "createdAt" >= date_trunc('month', now()) - interval '1 month' and "createdAt" < date_trunc('month', now())
