-- The numbers of the writes that the server has acknowledged to the application.
create temporary table acknowledged (number bigint primary key)
