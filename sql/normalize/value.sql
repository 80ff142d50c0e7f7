{text}::{cast}
