//! One value: from the server's text into what Parquet stores, and into the same text again.
use super::{decimal, float, time};
use crate::plan::Element;

/// As Parquet stores it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Boolean(bool),
    Int32(i32),
    Int64(i64),
    Float(f32),
    Double(f64),
    Bytes(&'a [u8]),
}

/// Most digits of a decimal in 32 and in 64 bits.
pub(super) const DIGITS_32: u8 = 9;
pub(super) const DIGITS_64: u8 = 18;

/// `scratch` holds the bytes of values whose text is not the value. `None`: the type cannot hold it, or would not give
/// the same text again.
pub(super) fn parse<'a>(element: Element, text: &'a [u8], scratch: &'a mut Scratch) -> Option<Value<'a>> {
    let Scratch { bytes, again } = scratch;
    if matches!(element, Element::Text | Element::Json) {
        return std::str::from_utf8(text).ok().map(|text| Value::Bytes(text.as_bytes()));
    }
    bytes.clear();
    let value = convert(element, text, bytes)?;
    again.clear();
    render(element, value, again)?;
    (again == text).then_some(value)
}

/// Space that is used again for each value.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    again: Vec<u8>,
}

fn convert<'a>(element: Element, text: &'a [u8], bytes: &'a mut Vec<u8>) -> Option<Value<'a>> {
    let ascii = || std::str::from_utf8(text).ok();
    Some(match element {
        Element::Boolean => Value::Boolean(text == b"t"),
        Element::Int16 => Value::Int32(ascii()?.parse::<i16>().ok()?.into()),
        Element::Int32 => Value::Int32(ascii()?.parse().ok()?),
        Element::Int64 => Value::Int64(ascii()?.parse().ok()?),
        Element::Float => Value::Float(ascii()?.parse().ok()?),
        Element::Double => Value::Double(ascii()?.parse().ok()?),
        Element::Text | Element::Json => Value::Bytes(text),
        Element::Bytes => {
            read_hex(text.strip_prefix(b"\\x")?, bytes)?;
            Value::Bytes(bytes)
        }
        Element::Date => Value::Int32(time::parse_date(text)?),
        Element::Timestamp { utc } => Value::Int64(time::parse_timestamp(text, utc)?),
        Element::Decimal { precision, scale } => {
            let units = decimal::parse(text, precision, scale)?;
            if precision <= DIGITS_32 {
                Value::Int32(units.try_into().ok()?)
            } else if precision <= DIGITS_64 {
                Value::Int64(units.try_into().ok()?)
            } else {
                let all = units.to_be_bytes();
                bytes.extend_from_slice(&all[all.len() - decimal::length(precision)..]);
                Value::Bytes(bytes)
            }
        }
    })
}

/// Writes the server's text of a value. `None`: it is none of this type.
pub(super) fn render(element: Element, value: Value<'_>, out: &mut Vec<u8>) -> Option<()> {
    match (element, value) {
        (Element::Boolean, Value::Boolean(value)) => out.push(if value { b't' } else { b'f' }),
        (Element::Int16 | Element::Int32, Value::Int32(value)) => {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        }
        (Element::Int64, Value::Int64(value)) => {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        }
        (Element::Float, Value::Float(value)) => float::render_single(value, out),
        (Element::Double, Value::Double(value)) => float::render_double(value, out),
        (Element::Text | Element::Json, Value::Bytes(text)) => out.extend_from_slice(text),
        (Element::Bytes, Value::Bytes(bytes)) => {
            out.extend_from_slice(b"\\x");
            put_hex(bytes, out);
        }
        (Element::Date, Value::Int32(days)) => time::render_date(days, out)?,
        (Element::Timestamp { utc }, Value::Int64(micros)) => time::render_timestamp(micros, utc, out)?,
        (Element::Decimal { scale, .. }, Value::Int32(units)) => decimal::render(units.into(), scale, out),
        (Element::Decimal { scale, .. }, Value::Int64(units)) => decimal::render(units.into(), scale, out),
        (Element::Decimal { scale, .. }, Value::Bytes(bytes)) => {
            let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
            let mut all = [sign; 16];
            let from = all.len().checked_sub(bytes.len())?;
            all[from..].copy_from_slice(bytes);
            decimal::render(i128::from_be_bytes(all), scale, out);
        }
        _ => return None,
    }
    Some(())
}

fn read_hex(digits: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    bytes.reserve(pairs.len());
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(())
}

fn put_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_gives_its_text_again_or_takes_none() {
        let wide = Element::Decimal { precision: 30, scale: 2 };
        for (element, fits, misfit) in [
            (Element::Boolean, "f", "x"),
            (Element::Int16, "-32768", "32768"),
            (Element::Int64, "9223372036854775807", "1.0"),
            (Element::Double, "1e+22", "1e22"),
            (Element::Bytes, "\\x00ff0a", "\\000"),
            (Element::Date, "0044-03-15 BC", "infinity"),
            (Element::Timestamp { utc: true }, "2026-08-31 23:59:59.5+00", "-infinity"),
            (wide, "-1234567890123456789012345678.90", "NaN"),
            (Element::Text, "NaN ' \" é", "\u{0}"),
        ] {
            let mut scratch = Scratch::default();
            assert!(parse(element, fits.as_bytes(), &mut scratch).is_some(), "{element} {fits}");
            let misfit: &[u8] = if element == Element::Text { b"\xff" } else { misfit.as_bytes() };
            assert_eq!(parse(element, misfit, &mut scratch), None, "{element}");
        }
    }
}
