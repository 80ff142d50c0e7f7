-- What a column's reader made of an element, in a list of columns.
, {alias}.v as {alias}
