-- A column of the rows, in a list of columns.
, {alias} {cast}
