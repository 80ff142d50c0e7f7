, {alias}.{column}::{cast}
