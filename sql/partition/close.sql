-- Nobody writes into a detached table by its name from here on: a row that came after the archive would be lost.
alter table {partition}
    drop constraint if exists pgtend_archived,
    add constraint pgtend_archived check (false) not valid
