//! Numbers of a fixed scale: the server's text, and the same as a whole number of the last digit's units.

/// `None`: it has another scale, more digits than the precision, or is no number.
pub(super) fn parse(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let digits = match scale {
        0 => (text, &[][..]),
        _ => {
            let point = text.len().checked_sub(usize::from(scale) + 1)?;
            (text[point] == b'.').then(|| (&text[..point], &text[point + 1..]))?
        }
    };
    let mut units: i128 = 0;
    for digit in digits.0.iter().chain(digits.1) {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        units = units.checked_mul(10)?.checked_add(digit.into())?;
    }
    (units < 10_i128.checked_pow(precision.into())?).then_some(if negative { -units } else { units })
}

pub(super) fn render(units: i128, scale: u8, out: &mut Vec<u8>) {
    if units < 0 {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(units.unsigned_abs()).as_bytes();
    let scale = usize::from(scale);
    let whole = digits.len().saturating_sub(scale);
    if whole == 0 {
        out.push(b'0');
    }
    out.extend_from_slice(&digits[..whole]);
    if scale > 0 {
        out.push(b'.');
        out.extend(std::iter::repeat_n(b'0', scale.saturating_sub(digits.len())));
        out.extend_from_slice(&digits[whole..]);
    }
}

/// Bytes that a number of so many digits needs, with its sign.
pub(super) fn length(precision: u8) -> usize {
    let most = 10_u128.checked_pow(precision.into()).unwrap_or(u128::MAX) - 1;
    let bits = u128::BITS - most.leading_zeros() + 1;
    bits.div_ceil(8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_again() {
        for (text, precision, scale, units) in [
            ("0", 1, 0, Some(0)),
            ("-12.3400", 12, 4, Some(-123_400)),
            ("0.05", 2, 2, Some(5)),
            ("-0.0500", 4, 4, Some(-500)),
            ("99999999999999999999999999999999999999", 38, 0, Some(10_i128.pow(38) - 1)),
            ("100", 2, 0, None),
            ("1.5", 5, 2, None),
            ("1", 5, 2, None),
            ("NaN", 5, 0, None),
            ("Infinity", 20, 2, None),
        ] {
            assert_eq!(parse(text.as_bytes(), precision, scale), units, "{text}");
            let mut again = Vec::new();
            if let Some(units) = units {
                render(units, scale, &mut again);
                assert_eq!(again, text.as_bytes());
            }
        }
    }

    #[test]
    fn lengths_are_those_of_the_format() {
        assert_eq!([18, 19, 28, 38].map(length), [8, 9, 12, 16]);
    }
}
