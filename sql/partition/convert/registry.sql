-- Each key of the table once, whatever partition its row lies in: it keeps keys unique, and other tables refer to it.
create table {registry} as select {columns} from {table} with no data
