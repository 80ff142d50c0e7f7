-- What is read from here on is of one instant.
begin isolation level repeatable read, read only
