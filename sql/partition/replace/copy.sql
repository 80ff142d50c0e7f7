insert into {table} ({columns})
select {columns} from only {source} where {condition}
