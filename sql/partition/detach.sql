-- Only where a default partition forbids CONCURRENTLY: ACCESS EXCLUSIVE on the parent, for the catalog's sake alone.
alter table {parent}
    detach partition {partition}
