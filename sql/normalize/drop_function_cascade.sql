-- With the triggers that call it, on whatever table.
drop function if exists {function} cascade
