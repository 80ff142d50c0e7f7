s.{column}::{cast}
