//! Findings in files: for people with the line and a caret, for GitHub and GitLab in the forms that they show beside it.
use anstyle::AnsiColor;
use serde_json::json;

use crate::output::ui::Ui;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Info,
    Warning,
    Error,
}

/// Something that was found at a place of a file.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    /// What found it.
    pub name: &'static str,
    pub title: String,
    pub file: String,
    /// From 1, as is the column.
    pub line: usize,
    pub column: usize,
    /// Characters that it is about.
    pub width: usize,
    /// The line of the file.
    pub text: String,
    /// Kinds of remark, and what they say.
    pub remarks: Vec<(&'static str, String)>,
}

impl Diagnostic {
    const fn word(&self) -> &'static str {
        match self.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// One sentence for each remark.
    fn told(&self) -> String {
        let remarks = self.remarks.iter().map(|(kind, text)| format!("{kind}: {text}"));
        [self.title.clone()].into_iter().chain(remarks).collect::<Vec<_>>().join("\n")
    }
}

impl Ui {
    /// Each with its line, and a caret below it.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) -> anyhow::Result<()> {
        self.answer(&self.pages(diagnostics))
    }

    /// The same as text, for an error that tells why.
    pub fn pages(&self, diagnostics: &[Diagnostic]) -> String {
        let pages: Vec<String> = diagnostics.iter().map(|diagnostic| self.page(diagnostic)).collect();
        pages.join("\n\n")
    }

    fn page(&self, diagnostic: &Diagnostic) -> String {
        let color = match diagnostic.severity {
            Severity::Info => AnsiColor::Cyan,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Error => AnsiColor::Red,
        };
        let number = diagnostic.line.to_string();
        let margin = " ".repeat(number.len());
        let Diagnostic { file, line, column, title, name, .. } = diagnostic;
        let head = self.paint(&format!("{}[{name}]:", diagnostic.word()), color);
        let (shown, skipped) = excerpt(&diagnostic.text, *column);
        let before = " ".repeat(column - 1 - skipped);
        let room = shown.chars().count().saturating_sub(column - 1 - skipped).max(1);
        let carets = self.paint(&"^".repeat(diagnostic.width.clamp(1, room)), color);
        let mut lines = vec![
            format!("{head} {title}"),
            format!("{margin}--> {}:{line}:{column}", printable(file)),
            format!("{margin} |"),
            format!("{number} | {shown}"),
            format!("{margin} | {before}{carets}"),
        ];
        lines.extend(diagnostic.remarks.iter().map(|(kind, text)| format!("{margin} = {kind}: {text}")));
        lines.join("\n")
    }

    /// Workflow commands, which GitHub shows beside the lines.
    pub fn github(&self, diagnostics: &[Diagnostic]) -> anyhow::Result<()> {
        let lines: Vec<String> = diagnostics
            .iter()
            .map(|diagnostic| {
                let Diagnostic { file, line, column, name, .. } = diagnostic;
                let command = match diagnostic.severity {
                    Severity::Info => "notice",
                    Severity::Warning => "warning",
                    Severity::Error => "error",
                };
                let file = property(file);
                let end = column + diagnostic.width;
                let told = escaped(&diagnostic.told());
                format!(
                    "::{command} file={file},line={line},col={column},endColumn={end},title={name}::{told}"
                )
            })
            .collect();
        self.answer(&lines.join("\n"))
    }

    /// A code quality report.
    pub fn gitlab(&self, diagnostics: &[Diagnostic]) -> anyhow::Result<()> {
        let mut taken = std::collections::HashMap::new();
        let issues: Vec<serde_json::Value> = diagnostics
            .iter()
            .map(|diagnostic| {
                let Diagnostic { name, file, text, .. } = diagnostic;
                let same: &mut u32 = taken.entry((name, file, text.trim())).or_default();
                *same += 1;
                let severity = match diagnostic.severity {
                    Severity::Info => "info",
                    Severity::Warning => "minor",
                    Severity::Error => "critical",
                };
                json!({
                    "description": diagnostic.told(),
                    "check_name": name,
                    "fingerprint": fingerprint(&format!("{name}\n{file}\n{}\n{same}", text.trim())),
                    "severity": severity,
                    "location": { "path": file, "lines": { "begin": diagnostic.line } },
                })
            })
            .collect();
        self.answer(&serde_json::to_string_pretty(&issues)?)
    }
}

/// Longer lines are cut around the place.
const MOST_CHARACTERS: usize = 160;

/// What fits of a line, and how many of its characters are left out before.
fn excerpt(text: &str, column: usize) -> (String, usize) {
    let skipped = if column > MOST_CHARACTERS { column - MOST_CHARACTERS / 2 } else { 0 };
    (printable(&text.chars().skip(skipped).take(MOST_CHARACTERS).collect::<String>()), skipped)
}

/// What a file holds is no reason to move the reader's cursor.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// Stays the same while lines above come and go (FNV-1a).
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
