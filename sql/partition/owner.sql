alter table {partition} owner to {owner}
