-- ATTACH takes SHARE UPDATE EXCLUSIVE on the parent; CREATE TABLE ... PARTITION OF would take ACCESS EXCLUSIVE.
alter table {parent}
    attach partition {partition}
    for values from ({from}) to ({to})
