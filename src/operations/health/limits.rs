//! From which number on a check warns or alarms, and how such numbers are written.
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;

use crate::operations::health::state::{Object, State};

/// Each absent: that state is never reached by the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    pub warning: Option<f64>,
    pub critical: Option<f64>,
    /// What is smaller than this is not looked at; of what, the check's description says.
    pub at_least: Option<f64>,
}

/// What a check's numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Percent,
    /// A share of which less is worse.
    PercentFalling,
    Milliseconds,
    Seconds,
    Bytes,
    Count,
    /// Whole periods of a partitioned table, of which less is worse.
    Periods,
    /// So many times what is usual.
    Times,
    Transactions,
}

impl Limits {
    pub const fn of(warning: f64, critical: f64) -> Self {
        Self { warning: Some(warning), critical: Some(critical), at_least: None }
    }

    pub const fn warning(warning: f64) -> Self {
        Self { warning: Some(warning), critical: None, at_least: None }
    }

    pub const fn at_least(self, at_least: f64) -> Self {
        Self { at_least: Some(at_least), ..self }
    }

    pub(super) fn is_worth(&self, size: f64) -> bool {
        self.at_least.is_none_or(|least| size >= least)
    }

    /// More is worse.
    pub(super) fn grade(&self, value: f64) -> State {
        grade(self, |limit| value >= limit)
    }

    /// Less is worse.
    pub(super) fn grade_falling(&self, value: f64) -> State {
        grade(self, |limit| value < limit)
    }

    /// Those of several numbers that reach a limit.
    pub(super) fn reached(&self, numbers: impl IntoIterator<Item = (String, f64)>) -> Vec<Object> {
        numbers
            .into_iter()
            .map(|(name, value)| Object { name, value: Some(value), state: self.grade(value) })
            .filter(|object| object.state != State::Ok)
            .collect()
    }
}

fn grade(limits: &Limits, reaches: impl Fn(f64) -> bool) -> State {
    match (limits.critical.is_some_and(&reaches), limits.warning.is_some_and(reaches)) {
        (true, _) => State::Critical,
        (_, true) => State::Warning,
        _ => State::Ok,
    }
}

const BYTES: [(&str, f64); 5] = [
    ("bytes", 1.0),
    ("kB", 1024.0),
    ("MB", 1_048_576.0),
    ("GB", 1_073_741_824.0),
    ("TB", 1_099_511_627_776.0),
];

impl Unit {
    /// In JSON, and where a number stands alone.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Percent | Self::PercentFalling => "pct",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::Count => "count",
            Self::Periods => "periods",
            Self::Times => "times",
            Self::Transactions => "transactions",
        }
    }

    pub const fn is_falling(self) -> bool {
        matches!(self, Self::PercentFalling | Self::Periods)
    }

    /// `80`, `80 %`, `100ms`, `10 GB`: a bare number is in the unit itself.
    ///
    /// # Errors
    /// When it is no such number, or a negative one.
    pub fn parse(self, text: &str) -> anyhow::Result<f64> {
        let text = text.trim();
        let number = match (text.parse::<f64>(), self) {
            (Ok(number), _) => number,
            (_, Self::Percent | Self::PercentFalling) => {
                text.trim_end_matches('%').trim_end().parse().context("give a share as `80 %`")?
            }
            (_, Self::Milliseconds) => duration(text)?.as_secs_f64() * 1000.0,
            (_, Self::Seconds) => duration(text)?.as_secs_f64(),
            (_, Self::Bytes) => {
                let split = text.find(|c: char| c.is_alphabetic()).context("give a size as `10 MB`")?;
                let unit = text[split..].trim();
                let Some((_, factor)) = BYTES.iter().find(|(word, _)| word.eq_ignore_ascii_case(unit)) else {
                    bail!("no unit `{unit}`; there are {}", BYTES.map(|(word, _)| word).join(", "));
                };
                text[..split].trim().parse::<f64>().context("give a size as `10 MB`")? * factor
            }
            (_, Self::Count | Self::Periods | Self::Times | Self::Transactions) => {
                bail!("`{text}` is no number")
            }
        };
        ensure!(number.is_finite() && number >= 0.0, "`{text}` is no limit");
        Ok(number)
    }

    /// For people.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Percent | Self::PercentFalling => format!("{} %", short(value)),
            Self::Milliseconds if value < 1000.0 => format!("{} ms", short(value)),
            Self::Milliseconds => span(value / 1000.0),
            Self::Seconds => span(value),
            Self::Bytes => bytes(value),
            Self::Times => format!("{}x", short(value)),
            Self::Count | Self::Periods | Self::Transactions => short(value),
        }
    }
}

fn duration(text: &str) -> anyhow::Result<Duration> {
    humantime::parse_duration(text).with_context(|| format!("`{text}` is no time; give it as `100ms`, `5m`"))
}

fn short(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn bytes(value: f64) -> String {
    let fitting = BYTES.iter().rev().find(|(_, factor)| value >= *factor);
    let (word, factor) = fitting.copied().unwrap_or(BYTES[0]);
    format!("{} {word}", short(value / factor))
}

/// `1.2 s`, `5m`, `2h 3m`, `12d`
pub(super) fn span(seconds: f64) -> String {
    match seconds {
        _ if seconds < 60.0 => format!("{} s", short(seconds)),
        _ if seconds < 3600.0 => format!("{:.0} min", (seconds / 60.0).floor()),
        _ if seconds < 172_800.0 => format!("{} h", short((seconds / 360.0).floor() / 10.0)),
        _ => format!("{:.0} d", (seconds / 86_400.0).floor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_units() {
        let read = |unit: Unit, text: &str| unit.parse(text).unwrap();
        assert_eq!(read(Unit::Percent, "80"), 80.0);
        assert_eq!(read(Unit::PercentFalling, "60 %"), 60.0);
        assert_eq!(read(Unit::Milliseconds, "1s"), 1000.0);
        assert_eq!(read(Unit::Seconds, "5m"), 300.0);
        assert_eq!(read(Unit::Bytes, "1.5 GB"), 1_610_612_736.0);
        assert_eq!(read(Unit::Bytes, "10mb"), 10_485_760.0);
        for (unit, text) in [
            (Unit::Percent, "much"),
            (Unit::Percent, "-1"),
            (Unit::Percent, "NaN"),
            (Unit::Bytes, "10 elephants"),
            (Unit::Seconds, "soon"),
            (Unit::Count, "10 MB"),
        ] {
            assert!(unit.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_shown_as_they_are_read() {
        assert_eq!(Unit::Milliseconds.show(100.0), "100 ms");
        assert_eq!(Unit::Milliseconds.show(1500.0), "1.5 s");
        assert_eq!(Unit::Seconds.show(300.0), "5 min");
        assert_eq!(Unit::Seconds.show(9000.0), "2.5 h");
        assert_eq!(Unit::Bytes.show(1_073_741_824.0), "1 GB");
        assert_eq!(Unit::Percent.show(92.25), "92.2 %");
    }

    #[test]
    fn a_limit_is_reached_by_the_number_itself() {
        let limits = Limits::of(80.0, 95.0);
        assert_eq!([79.9, 80.0, 95.0].map(|n| limits.grade(n)), [State::Ok, State::Warning, State::Critical]);
        let limits = Limits::of(80.0, 60.0);
        let grades = [80.0, 79.9, 59.9].map(|n| limits.grade_falling(n));
        assert_eq!(grades, [State::Ok, State::Warning, State::Critical]);
        assert_eq!(Limits::default().grade(f64::MAX), State::Ok);
    }
}
