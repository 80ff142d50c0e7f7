//! What the lint has found, in words.
use crate::operations::lint::{Finding, Impact, Level, Waits};
use crate::output::{Diagnostic, Severity, bytes, count, milliseconds};

/// Those that are not waived, ready to be shown.
pub fn diagnostics(findings: &[Finding]) -> Vec<Diagnostic> {
    findings.iter().filter(|finding| finding.waived.is_none()).map(diagnostic).collect()
}

fn diagnostic(finding: &Finding) -> Diagnostic {
    let mut remarks = Vec::new();
    remarks.extend(finding.note.clone().map(|note| ("note", note)));
    remarks.extend((finding.lock != "none").then(|| ("lock", finding.lock.to_owned())));
    remarks.extend(finding.impact.as_ref().map(|impact| ("here", here(impact))));
    remarks.push(("instead", finding.instead.to_owned()));
    Diagnostic {
        severity: match finding.level {
            Level::Info => Severity::Info,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        },
        name: finding.rule,
        title: finding.danger.to_owned(),
        file: finding.file.clone(),
        line: finding.line,
        column: finding.column,
        width: finding.width,
        text: finding.text.clone(),
        remarks,
    }
}

/// `writers of public.orders wait for about 3.1 s (5,200,000 rows, 1.2 GB, 120 writes/s)`
pub fn here(impact: &Impact) -> String {
    let table = &impact.table;
    let rows = impact.rows_estimate.map(|rows| format!("{} rows", count(rows)));
    let writes = impact.writes_per_second.map(|writes| format!("{} writes/s", count(writes)));
    let facts: Vec<String> = rows.into_iter().chain([bytes(impact.size_bytes)]).chain(writes).collect();
    let facts = facts.join(", ");
    let about = impact.estimate_ms.map(|ms| format!("about {}", milliseconds(ms)));
    match (impact.waits, about) {
        (Waits::Nobody, None) => format!("{table} has {facts}"),
        (Waits::Nobody, Some(about)) => format!("it takes {about} on {table} ({facts})"),
        (Waits::Writers, None) => format!("writers of {table} wait for the lock's turn ({facts})"),
        (Waits::Writers, Some(about)) => format!("writers of {table} wait for {about} ({facts})"),
        (Waits::Everybody, None) => {
            format!("readers and writers of {table} wait for the lock's turn ({facts})")
        }
        (Waits::Everybody, Some(about)) => {
            format!("readers and writers of {table} wait for {about} ({facts})")
        }
    }
}
