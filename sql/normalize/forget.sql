delete from {reject} where name = {name}
