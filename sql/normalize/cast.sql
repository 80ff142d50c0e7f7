{value}::{cast}
