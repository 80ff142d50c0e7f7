alter table {parent} attach partition {partition} default
