-- A month's messages.
select count(*), sum(length(content)) from thread_messages
where "createdAt" >= date_trunc('month', now()) - interval '1 month' and "createdAt" < date_trunc('month', now())
