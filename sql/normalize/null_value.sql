-- No value, in a list of columns.
, null::{cast}
