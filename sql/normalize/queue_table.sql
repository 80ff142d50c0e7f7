-- The keys of source rows that have changed. Without an index: it is only appended to and emptied.
create table {queue} as select {columns} from {source} with no data
