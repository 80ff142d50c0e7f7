alter table {partition} drop constraint if exists pgtend_restore
