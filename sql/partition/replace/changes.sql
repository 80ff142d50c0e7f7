-- Notes which keys have changed. A row without a key stands for TRUNCATE.
create table {delta} as
select {keys} from {source} with no data
