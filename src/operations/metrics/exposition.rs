//! The text format of Prometheus, version 0.0.4: families of samples, each family once, labels escaped, and no more
//! series than were asked for.
use std::fmt::{self, Write as _};

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
}

/// All samples of one name.
#[derive(Clone, Debug)]
pub struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

/// Families in the order in which they matter: where the series are limited, the last ones are left out.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    families: Vec<Family>,
}

impl Family {
    pub const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, kind, help, samples: Vec::new() }
    }

    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Kind::Gauge, help)
    }

    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Kind::Counter, help)
    }

    /// A number that is not known makes no sample.
    pub fn push(&mut self, labels: &[(&'static str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            self.samples.push((labels, value));
        }
    }

    /// The one sample of a family without labels.
    #[must_use]
    pub fn of(mut self, value: Option<f64>) -> Self {
        self.push(&[], value);
        self
    }
}

impl Exposition {
    pub fn push(&mut self, family: Family) {
        if !family.samples.is_empty() {
            self.families.push(family);
        }
    }

    pub fn series(&self) -> usize {
        self.families.iter().map(|family| family.samples.len()).sum()
    }

    /// Keeps so many series, and tells in one more how many it has left out.
    pub fn limit(&mut self, most: usize) {
        let mut left = most;
        let mut dropped = 0;
        for family in &mut self.families {
            dropped += family.samples.len().saturating_sub(left);
            family.samples.truncate(left);
            left -= family.samples.len();
        }
        self.families.retain(|family| !family.samples.is_empty());
        let told =
            Family::counter("pgtend_series_dropped_total", "Series left out of this answer by --max-series");
        self.push(told.of(Some(dropped as f64)));
    }
}

impl fmt::Display for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Family { name, kind, help, samples } in &self.families {
            let kind = if *kind == Kind::Counter { "counter" } else { "gauge" };
            writeln!(f, "# HELP {name} {}\n# TYPE {name} {kind}", escaped(help, false))?;
            for (labels, value) in samples {
                f.write_str(name)?;
                for (index, (label, text)) in labels.iter().enumerate() {
                    let before = if index == 0 { '{' } else { ',' };
                    write!(f, "{before}{label}=\"{}\"", escaped(&distinct(text), true))?;
                }
                if !labels.is_empty() {
                    f.write_char('}')?;
                }
                writeln!(f, " {}", number(*value))?;
            }
        }
        Ok(())
    }
}

fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value.is_infinite() => if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        _ => value.to_string(),
    }
}

/// Names that differ in characters that a reader drops stay different: `\u{1b}`. Of others only what would look the same
/// changes.
fn distinct(text: &str) -> String {
    let dropped = |c: char| c.is_control() && c != '\n' && c != '\t';
    let text = text.replace("\\u{", "\\u{5c}u{");
    let shown = |c: char| if dropped(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

fn escaped(text: &str, quoted: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quoted { text.replace('"', "\\\"") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_what_is_not_known_is_left_out() {
        let mut family = Family::gauge("pgtend_size_bytes", "Size\nof \\ all");
        family.push(&[("relname", "a\"b\\c\nd"), ("schemaname", "s")], Some(1.5));
        family.push(&[("relname", "x")], None);
        let mut exposition = Exposition::default();
        exposition.push(family);
        exposition.push(Family::gauge("pg_up", "").of(None));
        assert_eq!(
            exposition.to_string(),
            "# HELP pgtend_size_bytes Size\\nof \\\\ all\n# TYPE pgtend_size_bytes gauge\n\
             pgtend_size_bytes{relname=\"a\\\"b\\\\c\\nd\",schemaname=\"s\"} 1.5\n"
        );
    }

    #[test]
    fn names_that_differ_stay_different() {
        let names = ["q", "q\u{1b}", "q\u{7}", "q\\u{1b}", "q\\u{5c}u{1b}", "q\\", "q\r", "q\\r"];
        let labels: std::collections::BTreeSet<String> = names.map(distinct).into();
        assert_eq!(labels.len(), names.len(), "{labels:?}");
        assert!(!labels.iter().any(|label| label.contains(char::is_control)), "{labels:?}");
        assert_eq!((distinct("a\n\tb\\"), distinct("\u{1b}")), ("a\n\tb\\".into(), "\\u{1b}".into()));
    }

    #[test]
    fn no_more_series_than_asked_for() {
        let mut exposition = Exposition::default();
        for name in ["a", "b"] {
            let mut family = Family::counter(name, "");
            for n in ["1", "2", "3"] {
                family.push(&[("n", n)], Some(1.0));
            }
            exposition.push(family);
        }
        exposition.limit(4);
        assert_eq!(exposition.series(), 5);
        assert!(exposition.to_string().ends_with("pgtend_series_dropped_total 2\n"), "{exposition}");
        assert_eq!(number(f64::INFINITY), "+Inf");
    }
}
