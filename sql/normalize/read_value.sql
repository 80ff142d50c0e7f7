f.v::{cast}
