//! Is a table's future covered, and its past in order? Findings, never a silent green: what could not be read is said.
use serde::Serialize;

use crate::failure::one_line;
use crate::operations::partition::create::wanted;
use crate::operations::partition::policy::Policy;
use crate::operations::partition::retire::due;
use crate::operations::partition::survey::DefaultSample;
use crate::operations::partition::timeline::Timeline;

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub table: String,
    /// Until when every insert finds a partition of its own; null when an insert of this moment finds none.
    pub covered_until: Option<String>,
    /// A default partition takes what has no partition of its own.
    pub has_default: bool,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub kind: FindingKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Nothing to report; never part of a report itself.
    Fine,
    /// No partition for the current moment.
    NoCurrentPartition,
    /// Fewer periods ahead than configured.
    Coverage,
    Gap,
    /// A partition that begins or ends within a period.
    Misaligned,
    DefaultRows,
    PendingDetach,
    /// Detached to be dropped, and still there.
    Stranded,
    OverdueRetention,
    /// A check that an interrupted run has left on the default partition.
    LeftoverCheck,
    /// It cannot be said.
    Unknown,
}

/// `now` is a point of the key. Pure.
pub fn check(timeline: &Timeline, policy: &Policy, now: i64, default: Option<&DefaultSample>) -> Report {
    let mut findings = coverage(timeline, policy, now);
    findings.extend(gaps(timeline));
    findings.extend(misaligned(timeline));
    findings.extend(default.and_then(|sample| default_rows(timeline, sample)));
    findings.extend(leftovers(timeline));
    findings.extend(overdue(timeline, policy, now));
    Report {
        table: timeline.table.relation.plain(),
        covered_until: timeline.covered_until(now).map(|until| timeline.show(until)),
        has_default: timeline.default.is_some(),
        findings,
    }
}

fn finding(kind: FindingKind, text: String) -> Finding {
    Finding { kind, text }
}

fn coverage(timeline: &Timeline, policy: &Policy, now: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    let then = if timeline.default.is_some() { "go into the default partition" } else { "fail" };
    if timeline.holding(now).is_none() {
        findings
            .push(finding(FindingKind::NoCurrentPartition, format!("no partition for now: inserts {then}")));
    }
    match wanted(timeline, policy, now) {
        Err(error) => findings.push(finding(FindingKind::Unknown, one_line(&error))),
        Ok(wanted) => {
            if let (Some(first), Some(last)) = (wanted.first(), wanted.last()) {
                let (from, to) = (timeline.show(first.range.lo), timeline.show(last.range.hi));
                let count = wanted.len();
                let text = format!("{count} of the configured partitions are missing, from {from} to {to}");
                findings.push(finding(FindingKind::Coverage, text));
            }
        }
    }
    findings
}

fn gaps(timeline: &Timeline) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pair in timeline.parts.windows(2) {
        let (before, after) = (pair[0].range.hi, pair[1].range.lo);
        if before < after {
            let text = format!("no partition from {} to {}", timeline.show(before), timeline.show(after));
            findings.push(finding(FindingKind::Gap, text));
        }
    }
    findings
}

fn misaligned(timeline: &Timeline) -> Vec<Finding> {
    let calendar = &timeline.calendar;
    let off = |point: i64| point != i64::MIN && point != i64::MAX && !calendar.is_begin(point);
    timeline
        .parts
        .iter()
        .filter(|part| off(part.range.lo) || off(part.range.hi))
        .map(|part| {
            let (lo, hi) = (timeline.show(part.range.lo), timeline.show(part.range.hi));
            let (name, word) = (part.partition.relation.plain(), calendar.every.word());
            finding(FindingKind::Misaligned, format!("{name} ({lo} to {hi}) begins or ends within a {word}"))
        })
        .collect()
}

fn default_rows(timeline: &Timeline, sample: &DefaultSample) -> Option<Finding> {
    let name = timeline.default.as_ref().map(|default| default.relation.plain())?;
    if sample.rows == 0 {
        return None;
    }
    let more = if sample.counted_all { "" } else { "more than " };
    let between = match (&sample.first, &sample.last) {
        (Some(first), Some(last)) => format!(", keys {first} to {last}"),
        _ => String::new(),
    };
    Some(finding(
        FindingKind::DefaultRows,
        format!("{more}{} rows in the default partition {name}{between}", sample.rows),
    ))
}

fn leftovers(timeline: &Timeline) -> Vec<Finding> {
    let pending = timeline.pending.iter().map(|partition| {
        let text = format!(
            "the detach of {} was interrupted: its rows are out of sight",
            partition.relation.plain()
        );
        finding(FindingKind::PendingDetach, text)
    });
    let stranded = timeline.table.stranded.iter().map(|partition| {
        let text = format!("{} was detached to be dropped, and is still there", partition.relation.plain());
        finding(FindingKind::Stranded, text)
    });
    let check = timeline.default.iter().filter(|default| default.window_check).map(|default| {
        let text =
            format!("an interrupted run has left its check on {}; it refuses rows", default.relation.plain());
        finding(FindingKind::LeftoverCheck, text)
    });
    pending.chain(stranded).chain(check).collect()
}

fn overdue(timeline: &Timeline, policy: &Policy, now: i64) -> Option<Finding> {
    let retired = match due(timeline, policy, now) {
        Err(error) => return Some(finding(FindingKind::Unknown, one_line(&error))),
        Ok(retired) => retired?,
    };
    let (first, last) = (retired.due.first()?, retired.due.last()?);
    let (count, keep) = (retired.due.len(), policy.keep?);
    let names = match count {
        1 => format!("{} is", first.partition.relation.plain()),
        _ => format!(
            "{count} partitions, {} to {}, are",
            first.partition.relation.plain(),
            last.partition.relation.plain()
        ),
    };
    Some(finding(FindingKind::OverdueRetention, format!("{names} older than {keep}")))
}
