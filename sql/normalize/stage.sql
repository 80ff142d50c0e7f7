-- Where rows wait that may be in the target already; there is one from the mapping before.
drop table if exists pg_temp.pgtend_stage;
create temporary table pgtend_stage on commit delete rows as select {columns} from {target} with no data
