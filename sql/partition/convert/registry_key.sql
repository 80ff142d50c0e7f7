alter table {registry} add primary key ({columns})
