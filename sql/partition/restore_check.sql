-- Proved while the rows come in, so that ATTACH need not read them again.
alter table {partition}
    add constraint pgtend_restore check ({key} is not null and {condition})
