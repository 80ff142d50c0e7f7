//! Decimal numbers of any size in the binary form of `numeric`: digits to the base of 10,000, a weight, a sign and the
//! number of decimals to show.

/// A decimal number: its digits without leading zeros, and without trailing ones behind the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numeric {
    negative: bool,
    whole: Vec<u8>,
    decimals: Vec<u8>,
    /// As it was written.
    shown_decimals: usize,
}

const NEGATIVE: u16 = 0x4000;
const BASE_DIGITS: usize = 4;

impl Numeric {
    /// `None`: it is no decimal number.
    pub fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let all = |text: &str| text.bytes().all(|d| d.is_ascii_digit());
        if whole.len() + decimals.len() == 0 || !all(whole) || !all(decimals) {
            return None;
        }
        let values = |text: &str| text.bytes().map(|d| d - b'0').collect::<Vec<_>>();
        let whole = values(whole.trim_start_matches('0'));
        let shown_decimals = decimals.len();
        let decimals = values(decimals.trim_end_matches('0'));
        Some(Self {
            negative: negative && !(whole.is_empty() && decimals.is_empty()),
            whole,
            decimals,
            shown_decimals,
        })
    }

    /// Digits behind the point that count.
    pub fn decimals(&self) -> usize {
        self.decimals.len()
    }

    /// Digits before the point.
    pub fn whole_digits(&self) -> usize {
        self.whole.len()
    }

    /// Appends the binary form, shown with `decimals`, or with as many as it was written with.
    pub fn put(&self, out: &mut Vec<u8>, decimals: Option<u16>) {
        let pad = (BASE_DIGITS - self.whole.len() % BASE_DIGITS) % BASE_DIGITS;
        let mut digits = vec![0; pad];
        digits.extend(&self.whole);
        let groups_before = digits.len() / BASE_DIGITS;
        digits.extend(&self.decimals);
        digits.resize(digits.len().next_multiple_of(BASE_DIGITS), 0);
        let groups: Vec<u16> = digits
            .chunks(BASE_DIGITS)
            .map(|group| group.iter().fold(0, |sum, digit| sum * 10 + u16::from(*digit)))
            .collect();
        let leading = groups.iter().take_while(|group| **group == 0).count();
        let trailing = groups[leading..].iter().rev().take_while(|group| **group == 0).count();
        let kept = &groups[leading..groups.len() - trailing];
        let weight = if kept.is_empty() { 0 } else { groups_before as i64 - 1 - leading as i64 };
        let shown = decimals.map_or(self.shown_decimals, usize::from);
        put_u16(out, kept.len());
        out.extend_from_slice(&i16::try_from(weight).unwrap_or(i16::MAX).to_be_bytes());
        out.extend_from_slice(&(if self.negative { NEGATIVE } else { 0 }).to_be_bytes());
        put_u16(out, shown);
        kept.iter().for_each(|group| out.extend_from_slice(&group.to_be_bytes()));
    }

    /// Of the binary form, what two equal numbers have in common: all but the decimals to show.
    pub fn put_comparable(bytes: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(bytes.get(..6).unwrap_or(bytes));
        out.extend_from_slice(bytes.get(8..).unwrap_or_default());
    }
}

fn put_u16(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(text: &str) -> Vec<u16> {
        let mut out = Vec::new();
        Numeric::parse(text).unwrap().put(&mut out, None);
        out.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    #[test]
    fn numbers_have_the_servers_form() {
        assert_eq!(binary("0"), [0, 0, 0, 0]);
        assert_eq!(binary("12"), [1, 0, 0, 0, 12]);
        assert_eq!(binary("-12345.678"), [3, 1, NEGATIVE, 3, 1, 2345, 6780]);
        assert_eq!(binary("0.00001"), [1, 0xfffe, 0, 5, 1000]);
        assert_eq!(binary("100000000"), [1, 2, 0, 0, 1]);
        assert_eq!(binary("1.50"), [2, 0, 0, 2, 1, 5000]);
        for text in ["", ".", "-", "1e5", "1,5", "0x1", "١"] {
            assert_eq!(Numeric::parse(text), None, "{text}");
        }
    }
}
