-- The database that a story plays in.
create database {name}
