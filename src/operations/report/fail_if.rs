//! The condition under which a report fails a build: `mean > 30% and calls > 100`. A share is a change against the window
//! before, anything else the value itself.
use std::str::FromStr;

use anyhow::{anyhow, bail};

use crate::operations::report::queries::SlowQuery;

/// Conditions that must all hold.
#[derive(Clone, Debug, PartialEq)]
pub struct FailIf(Vec<Condition>);

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    what: What,
    above: bool,
    limit: f64,
    change: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Mean,
    Total,
    Calls,
    Max,
    Share,
}

impl FailIf {
    /// Whether it can only be judged against the window before.
    pub fn compares(&self) -> bool {
        self.0.iter().any(|condition| condition.change)
    }

    pub fn holds(&self, row: &SlowQuery) -> bool {
        self.0.iter().all(|condition| condition.holds(row))
    }
}

impl Condition {
    /// What is not known does not hold.
    fn holds(&self, row: &SlowQuery) -> bool {
        let value = match (self.what, self.change) {
            (What::Mean, true) => row.mean_change_pct,
            (What::Calls, true) => row.calls_change_pct,
            (What::Mean, false) => Some(row.mean_ms),
            (What::Total, _) => Some(row.total_ms),
            (What::Calls, false) => Some(row.calls),
            (What::Max, _) => row.max_ms,
            (What::Share, _) => row.share_pct,
        };
        value.is_some_and(|value| if self.above { value > self.limit } else { value < self.limit })
    }
}

impl FromStr for FailIf {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let conditions =
            text.split(" and ").map(|part| part.trim().parse()).collect::<anyhow::Result<_>>()?;
        Ok(Self(conditions))
    }
}

impl FromStr for Condition {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let at =
            text.find(['>', '<']).ok_or_else(|| anyhow!("`{text}` compares nothing; write `mean>30%`"))?;
        let what = match text[..at].trim() {
            "mean" => What::Mean,
            "total" => What::Total,
            "calls" => What::Calls,
            "max" => What::Max,
            "share" => What::Share,
            other => bail!("nothing is called `{other}`; known are mean, total, calls, max, share"),
        };
        let value = text[at + 1..].trim();
        let (number, unit) =
            value.split_at(value.find(|c: char| !"+0123456789.".contains(c)).unwrap_or(value.len()));
        let number: f64 = number.parse().map_err(|_| anyhow!("`{value}` is no number"))?;
        let time = matches!(what, What::Mean | What::Total | What::Max);
        let (limit, change) = match (what, unit.trim()) {
            (What::Share, "%" | "") => (number, false),
            (What::Mean | What::Calls, "%") => (number, true),
            (_, "" | "ms") if time => (number, false),
            (_, "s") if time => (number * 1000.0, false),
            (What::Calls, "") => (number, false),
            (_, unit) => bail!("`{unit}` is no unit of `{}`", text[..at].trim()),
        };
        Ok(Self { what, above: text.as_bytes()[at] == b'>', limit, change })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let read: FailIf = "mean>30% and calls > 100".parse().unwrap();
        assert!(read.compares());
        assert_eq!(read.0.len(), 2);
        assert!(!"max > 1s".parse::<FailIf>().unwrap().compares());
        for wrong in ["", "mean", "mean>", "mena>3", "calls>3ms", "total>3%", "mean>3 or calls>2"] {
            assert!(wrong.parse::<FailIf>().is_err(), "accepted {wrong}");
        }
    }
}
