-- Two transactions: the first hides the partition from new queries, the second waits for the old ones.
alter table {parent}
    detach partition {partition} concurrently
