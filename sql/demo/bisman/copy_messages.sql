-- The application's migration: this month's messages, and those of the three months before.
insert into thread_messages_partitioned
select * from thread_messages
where "createdAt" >= date_trunc('month', now()) - interval '3 months'
