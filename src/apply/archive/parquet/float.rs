//! Floating point numbers as the server writes them: the fewest digits that give the same number again, in its own form.
use std::fmt::{self, LowerExp};
use std::io::Write as _;
use std::str::FromStr;

/// Digits without a point, and the power of ten of the first one.
struct Decimal {
    digits: Vec<u8>,
    exponent: i32,
}

/// From this power of ten on the server writes an exponent.
const LARGE_SINGLE: i32 = 6;
const LARGE_DOUBLE: i32 = 15;
/// Where whole numbers have gaps between them, and four times the number is one of 128 bits.
const FIRST_GAPS_SINGLE: f32 = 16_777_216.0;
const FIRST_GAPS_DOUBLE: f64 = 9_007_199_254_740_992.0;
const MOST: i32 = 126;

pub(super) fn render_single(value: f32, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return special(value.into(), out);
    }
    let size = value.abs();
    let decimal = if size >= FIRST_GAPS_SINGLE && size < 2_f32.powi(MOST) {
        whole(size as u128, size.next_up() as u128, size.next_down() as u128)
    } else {
        shortest(size)
    };
    put(value.is_sign_negative(), &decimal, LARGE_SINGLE, out);
}

pub(super) fn render_double(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return special(value, out);
    }
    let size = value.abs();
    let decimal = if size >= FIRST_GAPS_DOUBLE && size < 2_f64.powi(MOST) {
        whole(size as u128, size.next_up() as u128, size.next_down() as u128)
    } else {
        shortest(size)
    };
    put(value.is_sign_negative(), &decimal, LARGE_DOUBLE, out);
}

fn special(value: f64, out: &mut Vec<u8>) {
    let text: &[u8] = match value {
        value if value.is_nan() => b"NaN",
        value if value > 0.0 => b"Infinity",
        _ => b"-Infinity",
    };
    out.extend_from_slice(text);
}

/// As many digits as Rust needs; of two decimals that are as near the even one, which Rust takes when it is told how many.
/// Beside a power of two, the nearest decimal of so many digits may be another number.
fn shortest<T: LowerExp + Copy + FromStr + PartialEq>(size: T) -> Decimal {
    let few = scientific(format_args!("{size:e}"));
    let rounded = format!("{size:.*e}", few.digits.len() - 1);
    if rounded.parse::<T>().is_ok_and(|again| again == size) {
        return scientific(format_args!("{rounded}"));
    }
    few
}

fn scientific(text: fmt::Arguments<'_>) -> Decimal {
    let mut digits = Vec::with_capacity(24);
    // A vector takes everything.
    let _ = digits.write_fmt(text);
    let e = memchr::memchr(b'e', &digits).unwrap_or(digits.len());
    let exponent = std::str::from_utf8(&digits[e..]).ok().and_then(|e| e.get(1..)?.parse().ok());
    digits.truncate(e);
    digits.retain(|byte| *byte != b'.');
    Decimal { digits, exponent: exponent.unwrap_or(0) }
}

/// Of a large whole number between its neighbours. Other than Rust, the server takes no decimal that lies just in the
/// middle of two numbers, though it would be read as the even one.
fn whole(size: u128, above: u128, below: u128) -> Decimal {
    let length = size.ilog10();
    let inside = |decimal: u128| {
        if decimal >= size {
            (decimal - size) * 2 < above - size
        } else {
            (size - decimal) * 2 < size - below
        }
    };
    let nearest = |digits: u32| {
        let unit = 10_u128.pow(length + 1 - digits);
        let low = size / unit * unit;
        let both = [low, low + unit].into_iter().filter(|decimal| inside(*decimal));
        // Of two that are as near the even one.
        both.min_by_key(|decimal| (decimal.abs_diff(size), decimal / unit % 2))
    };
    let decimal = (1..=length).find_map(nearest).unwrap_or(size);
    let mut digits = itoa::Buffer::new().format(decimal).as_bytes().to_vec();
    let exponent = i32::try_from(digits.len()).unwrap_or(i32::MAX) - 1;
    while digits.len() > 1 && digits.last() == Some(&b'0') {
        digits.pop();
    }
    Decimal { digits, exponent }
}

fn put(negative: bool, Decimal { digits, exponent }: &Decimal, large: i32, out: &mut Vec<u8>) {
    if negative {
        out.push(b'-');
    }
    let zeros = |count: usize| std::iter::repeat_n(b'0', count);
    let power = exponent.unsigned_abs() as usize;
    if *exponent < -4 || *exponent >= large {
        put_point(digits, 1, out);
        out.extend_from_slice(if *exponent < 0 { b"e-" } else { b"e+" });
        out.extend(zeros(usize::from(power < 10)));
        out.extend_from_slice(itoa::Buffer::new().format(power).as_bytes());
    } else if *exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(zeros(power - 1));
        out.extend_from_slice(digits);
    } else {
        put_point(digits, power + 1, out);
        out.extend(zeros((power + 1).saturating_sub(digits.len())));
    }
}

/// Digits with a point after so many, if any follow.
fn put_point(digits: &[u8], after: usize, out: &mut Vec<u8>) {
    let (whole, rest) = digits.split_at(after.min(digits.len()));
    out.extend_from_slice(whole);
    if !rest.is_empty() {
        out.push(b'.');
        out.extend_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts as servers of 14 to 18 write them.
    #[test]
    fn doubles_are_the_same_again() {
        for text in [
            "0",
            "-0",
            "1",
            "-1.5",
            "0.1",
            "0.0001",
            "1e-05",
            "1.5e-05",
            "123456789012345",
            "1e+15",
            "1.5e+16",
            "9.007199254740992e+15",
            "5e-324",
            "1.7976931348623157e+308",
            "1e-310",
            "1e+22",
            "9.999999999999999e+22",
            "2.0000000000000008e+16",
            "NaN",
            "Infinity",
            "-Infinity",
            "0.30000000000000004",
            "73960948867752.12",
            "5.940911144672375e-213",
        ] {
            let mut again = Vec::new();
            render_double(text.parse().unwrap(), &mut again);
            assert_eq!(String::from_utf8(again).unwrap(), text);
        }
    }

    #[test]
    fn singles_are_the_same_again() {
        for text in [
            "0",
            "0.1",
            "123456",
            "1e+06",
            "1.234567e+06",
            "1.6777216e+07",
            "3.4028235e+38",
            "1e-45",
            "1e-05",
            "0.0001",
            "NaN",
            "-Infinity",
            "3.3554444e+07",
            "2.9774662e+06",
        ] {
            let mut again = Vec::new();
            render_single(text.parse().unwrap(), &mut again);
            assert_eq!(String::from_utf8(again).unwrap(), text);
        }
    }
}
