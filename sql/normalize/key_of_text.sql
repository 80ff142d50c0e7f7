r.source_key::{cast}
