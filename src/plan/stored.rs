//! What a column of a table is in a Parquet file. Data only: which type of the server becomes which is decided by
//! `operations`, files are written and read by `apply`.
use std::fmt;

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub element: Element,
    /// A list of such elements.
    pub list: bool,
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    Boolean,
    Int16,
    Int32,
    Int64,
    Float,
    Double,
    /// Also whatever has no type of its own in Parquet, as the server writes it.
    Text,
    Json,
    Bytes,
    Date,
    /// Microseconds; `utc` where it is an instant and not what a clock shows.
    Timestamp {
        utc: bool,
    },
    Decimal {
        precision: u8,
        scale: u8,
    },
}

impl Stored {
    /// The server's text of the whole value, which holds anything.
    pub const TEXT: Self = Self::one(Element::Text);

    pub const fn one(element: Element) -> Self {
        Self { element, list: false }
    }

    pub const fn list(element: Element) -> Self {
        Self { element, list: true }
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = self.element;
        if self.list { write!(f, "LIST<{element}>") } else { element.fmt(f) }
    }
}

/// As Parquet's documentation calls them.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "BOOLEAN",
            Self::Int16 => "INT(16, true)",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Text => "STRING",
            Self::Json => "JSON",
            Self::Bytes => "BYTE_ARRAY",
            Self::Date => "DATE",
            Self::Timestamp { utc: true } => "TIMESTAMP(true, MICROS)",
            Self::Timestamp { utc: false } => "TIMESTAMP(false, MICROS)",
            Self::Decimal { precision, scale } => return write!(f, "DECIMAL({precision}, {scale})"),
        })
    }
}
