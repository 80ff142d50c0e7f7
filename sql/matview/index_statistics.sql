alter index {index} alter column {column} set statistics {target}
