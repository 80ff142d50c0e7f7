alter table {source} drop column {column}
