//! Values that the type of their column in a file cannot hold, as an error that says of which columns.
use std::error::Error;
use std::fmt;

/// The rows were gone through to their end, and these columns have such values. The file is of no use.
#[derive(Debug)]
pub(super) struct Misfit {
    /// A column's place, and the first such value, or the beginning of it.
    pub columns: Vec<(usize, String)>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column has values that its type in the file cannot hold")
    }
}

impl Error for Misfit {}
