alter table {partition} {what} row level security
