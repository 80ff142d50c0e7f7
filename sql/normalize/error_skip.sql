case when f.reason is not null then 'skip' end
