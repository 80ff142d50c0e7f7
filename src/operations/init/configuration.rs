//! The text of a first `pgtend.toml`. A pure function of the survey and the time; every value is quoted,
//! because a table's name may hold anything.
use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::operations::init::names::template;
use crate::operations::init::survey::{Large, Partitioned, Partman, Survey, View};
use crate::operations::partition::{Span, Template, Timeline};

const HEAD: &str = "\
# What pgtend keeps in this database. Every key has a flag of the same name, and a flag beats this file.
# `pgtend partition check` says what is missing; `pgtend partition maintain` makes it so, every night from cron.

[locks]
timeout = \"200ms\"                       # longest wait for locks in one attempt
budget = \"30s\"                          # longest wait in all; then exit 5, and nothing was changed
";
const USUAL_AHEAD: u32 = 3;

/// `database`: for the first line.
pub fn configuration(survey: &Survey, database: &str, now: DateTime<Utc>) -> String {
    let mut text =
        format!("# pgtend.toml, by `pgtend init` from the database {}.\n{HEAD}", one_line(database));
    for table in &survey.partitioned {
        text.push('\n');
        text.push_str(&match &table.timeline {
            Ok(timeline) => partitioned(table, timeline, now),
            Err(error) => not_tended(table, error),
        });
    }
    if !survey.large.is_empty() {
        text.push_str("\n# Large tables with a time. For one that is partitioned by it, these lines are what pgtend needs.\n");
    }
    for table in &survey.large {
        text.push('\n');
        text.push_str(&large(table));
    }
    for one in &survey.views {
        text.push('\n');
        text.push_str(&view(one));
    }
    if survey.partitioned.is_empty() && survey.large.is_empty() && survey.views.is_empty() {
        text.push_str(EMPTY);
    }
    text
}

const EMPTY: &str = "
# No partitioned table, no materialized view and no large table with a time was found. A section would look so:
#
# [[partition]]
# table = \"events\"
# every = \"month\"
# ahead = 3
# keep = \"12 months\"
";

fn partitioned(table: &Partitioned, timeline: &Timeline, now: DateTime<Utc>) -> String {
    let mut text = String::from("[[partition]]\n");
    line(&mut text, "table", &quoted(&table.relation.plain()), "");
    line(&mut text, "every", &quoted(timeline.calendar.every.word()), "as the newest partitions are");
    let ahead = table.partman.as_ref().map_or_else(|| ahead(timeline, now), |told| told.premake);
    line(&mut text, "ahead", &ahead.to_string(), "whole periods beyond the current one");
    match template(timeline) {
        Some(name) if name == Template::usual(timeline.calendar.every) => {}
        Some(name) => line(&mut text, "name", &quoted(&name.to_string()), "as the newest partitions are"),
        None => {
            line(
                &mut text,
                "# name",
                &quoted("{table}_p{yyyy}_{mm}"),
                "no template gives the existing names",
            );
        }
    }
    match &table.partman {
        Some(told) => text.push_str(&as_partman(told)),
        None => line(&mut text, "# keep", &quoted("24 months"), "absent: nothing is ever dropped"),
    }
    text
}

/// How many whole periods beyond the current one there are, or usually should be.
fn ahead(timeline: &Timeline, now: DateTime<Utc>) -> u32 {
    let now = timeline.calendar.point(now);
    let beyond = timeline.parts.iter().filter(|part| part.range.lo > now).count();
    u32::try_from(beyond).map_or(USUAL_AHEAD, |there| there.max(USUAL_AHEAD))
}

fn as_partman(told: &Partman) -> String {
    let mut text = String::from(
        "# pg_partman tends this table as well: its part_config says so. One of the two is enough.\n",
    );
    let Some(retention) = &told.retention else { return text };
    let span = in_words(retention);
    if span.parse::<Span>().is_err() {
        let _ =
            writeln!(text, "# its retention {} is no span of time that pgtend reads", one_line(retention));
        return text;
    }
    line(&mut text, "keep", &quoted(&span), "pg_partman's retention");
    if told.keeps_table {
        line(&mut text, "mode", &quoted("detach"), "old partitions stay as tables of their own");
    }
    text
}

/// `12 mons` as pgtend writes it.
fn in_words(interval: &str) -> String {
    let words = interval.split_whitespace().map(|word| match word {
        "mon" => "month",
        "mons" => "months",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A shell may be given its first partitions; what cannot be tended at all is only told.
fn not_tended(table: &Partitioned, error: &anyhow::Error) -> String {
    let name = table.relation.plain();
    let mut text = format!("# {}: {}\n", one_line(&name), one_line(&error.root_cause().to_string()));
    if table.is_empty {
        text.push_str(&section(&name, None));
    }
    text
}

/// For somebody to take the comment signs away.
fn section(table: &str, by: Option<&str>) -> String {
    let by = by.map(|by| format!("by = {}", quoted(by)));
    let keys = [
        Some("[[partition]]".to_owned()),
        Some(format!("table = {}", quoted(table))),
        by,
        Some("every = \"month\"".to_owned()),
        Some(format!("ahead = {USUAL_AHEAD}")),
    ];
    keys.into_iter().flatten().map(|key| format!("# {key}\n")).collect()
}

fn large(table: &Large) -> String {
    let mut about = format!(
        "{}: about {:.0} rows, {} MB",
        table.relation.plain(),
        table.rows_estimate,
        table.bytes / 1_000_000
    );
    if let Some(correlation) = table.correlation {
        let _ = write!(
            about,
            "; rows lie in the order of {} by {:.0} %",
            table.column,
            correlation.abs() * 100.0
        );
    }
    format!("# {}\n{}", one_line(&about), section(&table.relation.plain(), Some(&table.column)))
}

fn view(view: &View) -> String {
    let mut text = String::from("[[matview]]\n");
    line(&mut text, "name", &quoted(&view.relation.plain()), "");
    line(&mut text, "max_age", &quoted("1h"), "refreshed when it is older");
    if !view.has_key {
        text.push_str(
            "# without a unique index on columns alone it cannot be refreshed beside its readers\n",
        );
    }
    text
}

/// A key with its comment in a column.
fn line(text: &mut String, key: &str, value: &str, comment: &str) {
    const COMMENT_AT: usize = 40;
    let set = format!("{key} = {value}");
    if comment.is_empty() {
        let _ = writeln!(text, "{set}");
    } else {
        let _ = writeln!(text, "{set:<COMMENT_AT$}# {comment}");
    }
}

/// As TOML writes a string: as JSON does, but for one character.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string().replace('\u{7f}', r"\u007f")
}

/// For a comment: a name with a line break would end it.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::name::Relation;

    #[test]
    fn no_name_leaves_its_quotes_or_its_comment() {
        let hostile = "x\"\n[locks]\ntimeout = \"1h";
        let table = Large {
            relation: Relation::new("public", hostile).unwrap(),
            column: hostile.to_owned(),
            rows_estimate: 1e6,
            bytes: 5_000_000,
            correlation: Some(-0.5),
        };
        let one = View { relation: Relation::new("public", hostile).unwrap(), has_key: false };
        assert!(large(&table).lines().all(|line| line.starts_with('#')), "{}", large(&table));
        let read: toml::Table = toml::from_str(&view(&one)).unwrap();
        let name = read["matview"][0]["name"].as_str().unwrap();
        assert!(name.contains(hostile.split('"').next().unwrap()) && read.len() == 1, "{name}");
    }

    #[test]
    fn intervals_are_told_in_words() {
        assert_eq!(in_words("6 mons"), "6 months");
        assert_eq!(in_words("1 year 2 mons"), "1 year 2 months");
        assert!(in_words("6 mons").parse::<Span>().is_ok());
    }
}
