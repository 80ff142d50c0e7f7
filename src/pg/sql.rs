//! SQL text kept in `sql/`, included when pgtend is built. Queries go out as they stand, with `$1`; statements
//! that cannot take parameters are templates whose holes accept only values that quote themselves.
use std::fmt;

use crate::pg::name::{Ident, Literal, Relation};

/// A statement ready to send, and the file that it came from, so that an error can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    pub file: &'static str,
    pub text: String,
}

/// A query that goes out as it stands in its file; its values travel as parameters.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    pub file: &'static str,
    pub text: &'static str,
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};", self.text.trim_end())
    }
}

/// What may fill a hole in a template: only values that quote themselves, or that were never text.
pub trait SqlArg: fmt::Display {}
impl SqlArg for Ident {}
impl SqlArg for Relation {}
impl SqlArg for Literal {}
impl SqlArg for u32 {}
impl SqlArg for i64 {}
impl SqlArg for Sql {}
impl SqlArg for Keyword {}
impl<T: SqlArg> SqlArg for List<'_, T> {}

/// A word of SQL that pgtend itself chose, such as a lock mode. Only a constant can become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword(pub &'static str);

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Values with commas between them.
#[derive(Debug)]
pub struct List<'a, T>(pub &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            value.fmt(f)?;
        }
        Ok(())
    }
}

#[doc(hidden)]
pub fn arg<T: SqlArg>(value: &T) -> &T {
    value
}

/// A query file below `sql/`, sent as it stands; values go through `$1`.
#[macro_export]
macro_rules! query {
    ($file:literal) => {
        $crate::pg::sql::Query {
            file: $file,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $file)),
        }
    };
}

/// A statement file below `sql/` whose `{name}` holes are filled with values that quote themselves.
/// A hole without a value, or a value without a hole, does not compile; nor does a plain string.
#[macro_export]
macro_rules! ddl {
    ($file:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::pg::sql::Sql {
            file: $file,
            text: $crate::pg::sql::statement(&format!(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $file)),
                $($name = $crate::pg::sql::arg(&$value)),*
            )),
        }
    };
}

/// The statement of a file without its head comment, which is for the readers of the file.
#[doc(hidden)]
pub fn statement(text: &str) -> String {
    let body: Vec<&str> =
        text.lines().skip_while(|line| line.starts_with("--") || line.trim().is_empty()).collect();
    body.join("\n").trim_end().to_owned()
}
