//! How long rows are kept: a span of calendar time, such as `12 months` or `1 year 6 months`.
//! Only positive numbers: a span like `-1 year 360 days` is zero to one reader and drops live rows for another.
use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub months: u32,
    pub days: u32,
    pub hours: u32,
}

impl FromStr for Span {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut span = Self::default();
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
        while let Some(number) = words.next() {
            let digits = number.find(|c: char| !c.is_ascii_digit() && c != '-' && c != '+' && c != '.');
            let (number, unit) = match digits {
                Some(at) => number.split_at(at),
                None => (
                    number,
                    words.next().with_context(|| format!("`{text}` needs a unit, as in `12 months`"))?,
                ),
            };
            ensure!(!number.starts_with('-'), "`{text}` is negative: rows of the future would be dropped");
            let number: u32 = number
                .trim_start_matches('+')
                .parse()
                .with_context(|| format!("`{number}` in `{text}` is not a whole number"))?;
            ensure!(number > 0, "`{text}` keeps nothing: every number must be at least 1");
            span.add(number, unit).with_context(|| format!("read `{text}`"))?;
        }
        ensure!(span != Self::default(), "an empty span; write it as `12 months` or `90 days`");
        Ok(span)
    }
}

impl Span {
    fn add(&mut self, number: u32, unit: &str) -> anyhow::Result<()> {
        let (field, factor) = match unit {
            "hour" | "hours" | "h" => (&mut self.hours, 1),
            "day" | "days" | "d" => (&mut self.days, 1),
            "week" | "weeks" | "w" => (&mut self.days, 7),
            "month" | "months" | "mon" | "mons" => (&mut self.months, 1),
            "quarter" | "quarters" => (&mut self.months, 3),
            "year" | "years" | "y" => (&mut self.months, 12),
            "m" => bail!("`m` could mean minutes or months; write `months`"),
            _ => bail!("`{unit}` is not a unit; known are hours, days, weeks, months, quarters, years"),
        };
        let most = 12 * 1000;
        let sum =
            number.checked_mul(factor).and_then(|n| field.checked_add(n)).filter(|n| *n <= most * 31 * 24);
        *field = sum.context("that is longer than a thousand years")?;
        Ok(())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.months, "month"), (self.days, "day"), (self.hours, "hour")];
        let words: Vec<String> = parts
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, unit)| format!("{number} {unit}{}", if *number == 1 { "" } else { "s" }))
            .collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Span>().unwrap();
        assert_eq!(read("12 months"), Span { months: 12, ..Span::default() });
        assert_eq!(read("1 year 6 months"), Span { months: 18, ..Span::default() });
        assert_eq!(read("90d"), Span { days: 90, ..Span::default() });
        assert_eq!(read("2 weeks, 12 hours"), Span { days: 14, hours: 12, ..Span::default() });
        assert_eq!(read("2 quarters").to_string(), "6 months");
    }

    #[test]
    fn spans_that_could_drop_live_rows_are_refused() {
        for text in
            ["0 months", "-1 year 360 days", "1 year -3 days", "", "12", "1.5 months", "12 moons", "3m"]
        {
            assert!(text.parse::<Span>().is_err(), "`{text}` was accepted");
        }
        let error = format!("{:#}", "-1 year 360 days".parse::<Span>().unwrap_err());
        assert!(error.contains("negative"), "{error}");
    }
}
