-- The server finds a name for it.
create {index} on {table} using {definition}
