//! Verdicts as other programs read them: Nagios, Prometheus, JUnit, GitHub. Text only; nothing is printed here.
use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

use crate::operations::health::{State, Verdict};
use crate::operations::metrics::{Exposition, Family};

/// Those of every command, and four that other programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HealthFormat {
    Table,
    Json,
    Csv,
    Markdown,
    /// One line with performance data, then the details
    Nagios,
    /// For the text file collector
    Prometheus,
    /// For CI
    Junit,
    /// Annotations for GitHub Actions
    Github,
}

impl HealthFormat {
    /// As the command line has them.
    pub fn names() -> PossibleValuesParser {
        PossibleValuesParser::new(Self::value_variants().iter().filter_map(ValueEnum::to_possible_value))
    }
}

/// Nagios cuts longer first lines.
const LINE: usize = 1000;

/// `critical: 31 checks, 2 critical (sequences, partition_horizon)`
pub fn headline(state: State, verdicts: &[Verdict]) -> String {
    let judged = verdicts.iter().filter(|verdict| verdict.state != State::Skipped).count();
    let of = |state: State| -> Vec<&str> {
        verdicts.iter().filter(|verdict| verdict.state == state).map(|verdict| verdict.check).collect()
    };
    let mut line = format!("{}: {}", state.word(), checks(judged));
    for state in [State::Critical, State::Unknown, State::Warning] {
        let checks = of(state);
        if !checks.is_empty() {
            let (count, word, names) = (checks.len(), state.word(), checks.join(", "));
            line = format!("{line}, {count} {word} ({names})");
        }
    }
    line
}

/// One line with performance data, then what is not fine, each on a line of its own.
pub fn nagios(state: State, verdicts: &[Verdict]) -> String {
    let bad = |verdict: &&Verdict| !matches!(verdict.state, State::Ok | State::Skipped);
    let plain = |text: &str| text.replace(['|', '\n', '\r'], " ");
    let mut told: Vec<&Verdict> = verdicts.iter().filter(bad).collect();
    told.sort_by_key(|verdict| match verdict.state {
        State::Critical => 0,
        State::Unknown => 1,
        _ => 2,
    });
    let first = match told.as_slice() {
        [] => checks(verdicts.iter().filter(|verdict| verdict.state == State::Ok).count()),
        told => {
            let told = together(told).into_iter();
            told.map(|(names, one)| format!("{names}: {}", plain(&one.message)))
                .collect::<Vec<_>>()
                .join("; ")
        }
    };
    let numbers: Vec<String> = verdicts.iter().filter_map(performance).collect();
    let mut line = cut(&format!("PGTEND {} - {first}", state.word().to_uppercase()), LINE);
    if !numbers.is_empty() {
        line = format!("{line} | {}", numbers.join(" "));
    }
    let details = together(&told).into_iter().map(|(names, verdict)| {
        let remedy = verdict.remedy.as_ref().map_or(String::new(), |remedy| format!(" -> {}", plain(remedy)));
        format!("\n{} {names}: {}{remedy}", verdict.state.word().to_uppercase(), plain(&verdict.message))
    });
    format!("{line}{}\n", details.collect::<String>())
}

/// Checks that say the same word for word, as all do without a connection, are told once.
fn together<'a>(told: &[&'a Verdict]) -> Vec<(String, &'a Verdict)> {
    const NAMED: usize = 3;
    let same = |one: &Verdict, other: &Verdict| {
        one.state == other.state && one.message == other.message && one.remedy == other.remedy
    };
    let mut groups: Vec<Vec<&Verdict>> = Vec::new();
    for verdict in told {
        match groups.iter_mut().find(|group| same(group[0], verdict)) {
            Some(group) => group.push(verdict),
            None => groups.push(vec![verdict]),
        }
    }
    let named = |group: Vec<&'a Verdict>| {
        let names = match group.as_slice() {
            few if few.len() <= NAMED => few.iter().map(|one| one.check).collect::<Vec<_>>().join(", "),
            many => checks(many.len()),
        };
        (names, group[0])
    };
    groups.into_iter().map(named).collect()
}

fn checks(count: usize) -> String {
    if count == 1 { "1 check".to_owned() } else { format!("{count} checks") }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// `connections=1%;80;95`; where less is worse, the ranges are `80:` and `60:`.
fn performance(verdict: &Verdict) -> Option<String> {
    let value = verdict.value.filter(|value| value.is_finite())?;
    let unit = match verdict.unit {
        "pct" => "%",
        "ms" => "ms",
        "s" => "s",
        "bytes" => "B",
        _ => "",
    };
    let falling = verdict.limits.warning.zip(verdict.limits.critical).is_some_and(|(w, c)| c < w);
    let limit = |limit: Option<f64>| match limit {
        Some(limit) if falling => format!("{limit}:"),
        Some(limit) => limit.to_string(),
        None => String::new(),
    };
    let value = (value * 1000.0).round() / 1000.0;
    let (warning, critical) = (limit(verdict.limits.warning), limit(verdict.limits.critical));
    Some(format!("{}={value}{unit};{warning};{critical}", verdict.check).trim_end_matches(';').to_owned())
}

/// `pgtend_check_status` and `pgtend_check_value`.
pub fn families(verdicts: &[Verdict]) -> [Family; 2] {
    let mut status =
        Family::gauge("pgtend_check_status", "State of a check: 0 ok, 1 warning, 2 critical, 3 unknown");
    let mut values = Family::gauge("pgtend_check_value", "The number that a check judged, in its unit");
    for verdict in verdicts {
        let labels = [("check", verdict.check), ("group", verdict.group)];
        status.push(&labels, verdict.state.code().map(f64::from));
        values.push(&[("check", verdict.check), ("unit", verdict.unit)], verdict.value);
    }
    [status, values]
}

pub fn prometheus(verdicts: &[Verdict]) -> String {
    let mut exposition = Exposition::default();
    for family in families(verdicts) {
        exposition.push(family);
    }
    exposition.to_string()
}

/// One suite; warnings and alarms are failures, what is not known is an error.
pub fn junit(verdicts: &[Verdict]) -> String {
    let count = |states: &[State]| verdicts.iter().filter(|verdict| states.contains(&verdict.state)).count();
    let mut lines = vec![
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
        format!(
            "<testsuite name=\"pgtend health\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            verdicts.len(),
            count(&[State::Warning, State::Critical]),
            count(&[State::Unknown]),
            count(&[State::Skipped])
        ),
    ];
    for verdict in verdicts {
        let (check, group, message) = (verdict.check, verdict.group, xml(&verdict.message));
        let remedy = verdict.remedy.as_deref().map(xml).unwrap_or_default();
        let case = format!("  <testcase classname=\"pgtend.health.{group}\" name=\"{check}\"");
        lines.push(match verdict.state {
            State::Ok => format!("{case}/>"),
            State::Skipped => format!("{case}><skipped message=\"{message}\"/></testcase>"),
            State::Unknown => {
                format!("{case}><error type=\"unknown\" message=\"{message}\">{remedy}</error></testcase>")
            }
            State::Warning | State::Critical => {
                let word = verdict.state.word();
                format!("{case}><failure type=\"{word}\" message=\"{message}\">{remedy}</failure></testcase>")
            }
        });
    }
    lines.push("</testsuite>\n".to_owned());
    lines.join("\n")
}

/// XML 1.0 has no place for control characters, not even escaped.
fn xml(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => escaped.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Workflow commands: an annotation for each check that is not fine.
pub fn github(verdicts: &[Verdict]) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let line = |verdict: &Verdict| {
        let level = match verdict.state {
            State::Critical => "error",
            State::Warning | State::Unknown => "warning",
            State::Ok | State::Skipped => return None,
        };
        let (word, check, message) = (verdict.state.word(), verdict.check, escaped(&verdict.message));
        let remedy =
            verdict.remedy.as_deref().map_or(String::new(), |remedy| format!("%0A{}", escaped(remedy)));
        Some(format!("::{level} title=pgtend {check}::{word} {message}{remedy}\n"))
    };
    verdicts.iter().filter_map(line).collect()
}
