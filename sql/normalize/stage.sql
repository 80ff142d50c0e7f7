-- Where rows wait that may be in the target already.
create temporary table pgtend_stage on commit delete rows as select {columns} from {target} with no data
