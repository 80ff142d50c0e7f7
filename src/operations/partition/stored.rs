//! Which type of Parquet holds the values of which type of the server. A value that its column's type cannot hold after
//! all is found when it is written, and is not this module's business.
use tokio_postgres::types::Type;

use crate::plan::{Element, Stored};

/// A column's type below its domains; of an array that of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseType {
    pub oid: u32,
    /// `atttypmod`.
    pub modifier: i32,
    pub is_array: bool,
    pub is_enum: bool,
}

/// Parquet's decimals have no more digits in any reader.
const MOST_DIGITS: i32 = 38;

impl BaseType {
    /// What has no type of its own in Parquet is stored as the server writes it.
    pub fn stored(self) -> Stored {
        match self.element() {
            Some(element) => Stored { element, list: self.is_array },
            None => Stored::TEXT,
        }
    }

    fn element(self) -> Option<Element> {
        if self.is_enum {
            return Some(Element::Text);
        }
        Some(match Type::from_oid(self.oid)? {
            Type::BOOL => Element::Boolean,
            Type::INT2 => Element::Int16,
            Type::INT4 => Element::Int32,
            Type::INT8 => Element::Int64,
            Type::FLOAT4 => Element::Float,
            Type::FLOAT8 => Element::Double,
            // Spark reads no file with a column of Parquet's own type for UUID.
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::UUID => Element::Text,
            Type::JSON | Type::JSONB => Element::Json,
            Type::BYTEA => Element::Bytes,
            Type::DATE => Element::Date,
            Type::TIMESTAMP => Element::Timestamp { utc: false },
            Type::TIMESTAMPTZ => Element::Timestamp { utc: true },
            Type::NUMERIC => decimal(self.modifier).unwrap_or(Element::Text),
            _ => return None,
        })
    }
}

/// `None`: without a precision, or with more digits than Parquet has.
fn decimal(modifier: i32) -> Option<Element> {
    let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
    // As in numeric.c: the scale has eleven bits and a sign.
    let (precision, scale) = ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024);
    // A negative scale is digits before the point that are all zero; one above the precision zeros after it.
    let (digits, scale) = if scale < 0 { (precision - scale, 0) } else { (precision.max(scale), scale) };
    if digits > MOST_DIGITS {
        return None;
    }
    Some(Element::Decimal { precision: u8::try_from(digits).ok()?, scale: u8::try_from(scale).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(precision: i32, scale: i32) -> i32 {
        ((precision << 16) | (scale & 0x7ff)) + 4
    }

    fn stored(of: &Type, modifier: i32, is_array: bool) -> String {
        BaseType { oid: of.oid(), modifier, is_array, is_enum: false }.stored().to_string()
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (precision, scale, expected) in [
            (12, 4, "DECIMAL(12, 4)"),
            (38, 38, "DECIMAL(38, 38)"),
            (39, 0, "STRING"),
            (5, -2, "DECIMAL(7, 0)"),
            (3, 5, "DECIMAL(5, 5)"),
            (2, -37, "STRING"),
        ] {
            assert_eq!(stored(&Type::NUMERIC, numeric(precision, scale), false), expected);
        }
        assert_eq!(stored(&Type::NUMERIC, -1, false), "STRING");
        assert_eq!(stored(&Type::NUMERIC, numeric(5, 1), true), "LIST<DECIMAL(5, 1)>");
    }

    #[test]
    fn what_parquet_does_not_know_is_text() {
        assert_eq!(stored(&Type::INTERVAL, -1, false), "STRING");
        assert_eq!(stored(&Type::INTERVAL, -1, true), "STRING");
        assert_eq!(stored(&Type::TIMESTAMPTZ, -1, true), "LIST<TIMESTAMP(true, MICROS)>");
        let mood = BaseType { oid: 1_000_000, modifier: -1, is_array: true, is_enum: true };
        assert_eq!(mood.stored().to_string(), "LIST<STRING>");
    }
}
