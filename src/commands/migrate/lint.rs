//! `pgtend migrate lint`
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::migrate::args::variables;
use crate::commands::migrate::findings::{diagnostics, here};
use crate::commands::migrate::lint_files::{Text, Wanted, gather};
use crate::failure::{Exit, Explain as _};
use crate::operations::lint::{FAMILIES, File, Finding, Level, Rule, Waits, Work, check, survey};
use crate::operations::migrate::{Header, Variables};
use crate::output::{Cell, Column, Format, Listing};

/// Find statements that stop an application, fail, or surprise; exit 3 when there are any
///
/// Reads the files alone, or the database as well when one is named (-d): then it knows which tables are large, empty,
/// written to or partitioned, says for how long whom a statement would hold up, and is silent about what holds up nobody.
/// `-- pgtend: allow=RULE reason="..."` before a statement, or in the head of a file, waives a rule.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LintArgs {
    /// File, folder of .sql files, or set that comes with pgtend; `-` for standard input
    /// [default: the configuration's]
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Folder of migrations, as the other commands name it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Lint only files that git shows as changed since a commit, branch or tag, and new ones
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Value of a variable that a file declares; without one it stands for some name [default: the configuration's]
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Least level that makes the exit code 3; lower findings are shown all the same
    #[arg(long, value_enum, default_value_t = LevelArg::Warning)]
    level: LevelArg,
    /// Answer in workflow commands, which GitHub shows beside the lines of a pull request
    #[arg(long, conflicts_with_all = ["gitlab", "json", "format"])]
    github: bool,
    /// Answer as a code quality report of GitLab
    #[arg(long, conflicts_with_all = ["json", "format"])]
    gitlab: bool,
    /// List the rules
    #[arg(long, conflicts_with_all = ["files", "dir", "since", "github", "gitlab"])]
    rules: bool,
}

const EXAMPLES: &str = "\
Examples:
  pgtend migrate lint
  pgtend migrate lint -d app V12__orders.sql   what it would do to this database
  pgtend migrate lint --since origin/main --github";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LevelArg {
    Info,
    Warning,
    Error,
}

impl LevelArg {
    pub const fn level(self) -> Level {
        match self {
            Self::Info => Level::Info,
            Self::Warning => Level::Warning,
            Self::Error => Level::Error,
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    /// A database was asked.
    with_database: bool,
    files: usize,
    findings: Vec<&'a Finding>,
    /// Findings that a comment allows.
    waived: Vec<&'a Finding>,
}

const COLUMNS: [Column<Finding>; 8] = [
    Column { header: "File", name: "file", cell: |finding| Cell::Text(finding.file.clone()) },
    Column { header: "Line", name: "line", cell: |finding| Cell::Count(finding.line as f64) },
    Column { header: "Column", name: "column", cell: |finding| Cell::Count(finding.column as f64) },
    Column { header: "Level", name: "level", cell: |finding| Cell::Text(finding.level.word().to_owned()) },
    Column { header: "Rule", name: "rule", cell: |finding| Cell::Text(finding.rule.to_owned()) },
    Column { header: "Danger", name: "danger", cell: |finding| Cell::Text(finding.danger.to_owned()) },
    Column { header: "Here", name: "here", cell: |finding| Cell::text(finding.impact.as_ref().map(here)) },
    Column { header: "Instead", name: "instead", cell: |finding| Cell::Text(finding.instead.to_owned()) },
];

impl LintArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        if self.rules {
            return tell_rules(context);
        }
        let named = self.named(context)?;
        let wanted = Wanted { files: &named, since: self.since.as_deref() };
        let variables = variables(context, &self.variables)?;
        let files: Vec<File> = gather(&wanted)?.into_iter().map(|text| read(text, &variables)).collect();
        let catalog = if context.args.names_a_database() {
            let session = context.connect_to_read().await?;
            let path = &context.config.migrate.search_path;
            let path = if path.is_empty() { &session.facts().search_path } else { path };
            Some(survey(&session, path, &files).await?)
        } else {
            None
        };
        context.stop.check()?;
        let findings: Vec<Finding> = files.iter().flat_map(|file| check(file, catalog.as_ref())).collect();
        let counts = |finding: &&Finding| finding.waived.is_none() && finding.level >= self.level.level();
        let exit = if findings.iter().any(|finding| counts(&finding)) { Exit::Found } else { Exit::Done };
        self.tell(context, &findings, files.len(), catalog.is_some(), exit)?;
        Ok(exit)
    }

    /// What the command line names, else what the configuration does.
    fn named(&self, context: &Context) -> anyhow::Result<Vec<String>> {
        let text = |dir: &PathBuf| {
            let text = dir.to_str().map(str::to_owned);
            text.with_context(|| format!("{}: the folder's name is no UTF-8", dir.display()))
                .exit(Exit::Usage)
        };
        let mut named = self.files.clone();
        named.extend(self.dir.as_ref().map(text).transpose()?);
        if named.is_empty() {
            named.clone_from(&context.config.migrate.sets);
            named.extend(context.config.migrate.dir.as_ref().map(text).transpose()?);
        }
        if named.is_empty() && self.since.is_none() {
            let error = anyhow!("no file is named").exit(Exit::Usage);
            return Err(error.hint("name files or folders, or write `dir` into [migrate] of pgtend.toml"));
        }
        Ok(named)
    }

    fn tell(
        &self,
        context: &Context,
        findings: &[Finding],
        files: usize,
        with_database: bool,
        exit: Exit,
    ) -> anyhow::Result<()> {
        let (open, waived): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|finding| finding.waived.is_none());
        context.ui.status(&summary(&open, waived.len(), files));
        let ui = &context.ui;
        if self.github {
            return ui.github(&diagnostics(findings));
        }
        if self.gitlab {
            return ui.gitlab(&diagnostics(findings));
        }
        match ui.format() {
            Format::Json => {
                let document =
                    Document { exit_code: exit.code(), with_database, files, findings: open, waived };
                ui.document("pgtend.migrate.lint/1", &document)
            }
            Format::Csv | Format::Markdown => {
                let rows: Vec<Finding> = open.into_iter().cloned().collect();
                ui.listing(&Listing::new(&COLUMNS, &rows))
            }
            _ => ui.diagnostics(&diagnostics(findings)),
        }
    }
}

/// With the values of its variables, when all that it declares have one.
fn read(text: Text, variables: &Variables) -> File {
    let declared = Header::read(&text.text).map(|header| header.variables).unwrap_or_default();
    match variables.fill(&text.text, &declared) {
        Ok(filled) if !declared.is_empty() => File::read_filled(text.name, text.text, filled),
        _ => File::read(text.name, text.text),
    }
}

/// `2 files: 1 error, 3 warnings; 1 waived`
fn summary(open: &[&Finding], waived: usize, files: usize) -> String {
    let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let of = |level: Level| open.iter().filter(|finding| finding.level == level).count();
    let mut parts = Vec::new();
    for (level, word) in [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Info, "remark")] {
        if of(level) > 0 {
            parts.push(plural(of(level), word));
        }
    }
    let found = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
    let waived = if waived == 0 { String::new() } else { format!("; {waived} waived") };
    format!("{}: {found}{waived}", plural(files, "file"))
}

#[derive(Serialize)]
struct Rules {
    rules: Vec<RuleRow>,
}

#[derive(Clone, Serialize)]
struct RuleRow {
    name: &'static str,
    family: &'static str,
    level: Level,
    danger: &'static str,
    lock: &'static str,
    waits: Waits,
    work: Work,
    instead: &'static str,
    squawk: &'static [&'static str],
}

const RULE_COLUMNS: [Column<RuleRow>; 6] = [
    Column { header: "Rule", name: "name", cell: |rule| Cell::Text(rule.name.to_owned()) },
    Column { header: "Family", name: "family", cell: |rule| Cell::Text(rule.family.to_owned()) },
    Column { header: "Level", name: "level", cell: |rule| Cell::Text(rule.level.word().to_owned()) },
    Column { header: "Danger", name: "danger", cell: |rule| Cell::Text(rule.danger.to_owned()) },
    Column { header: "Lock", name: "lock", cell: |rule| Cell::Text(rule.lock.to_owned()) },
    Column { header: "Instead", name: "instead", cell: |rule| Cell::Text(rule.instead.to_owned()) },
];

fn tell_rules(context: &Context) -> anyhow::Result<Exit> {
    let row = |family: &'static str, rule: &'static Rule| RuleRow {
        name: rule.name,
        family,
        level: rule.level,
        danger: rule.danger,
        lock: rule.lock,
        waits: rule.waits,
        work: rule.work,
        instead: rule.instead,
        squawk: rule.squawk,
    };
    let rules: Vec<RuleRow> = FAMILIES
        .iter()
        .flat_map(|family| family.rules.iter().map(move |rule| row(family.name, rule)))
        .collect();
    match context.ui.format() {
        Format::Json => context.ui.document("pgtend.migrate.rules/1", &Rules { rules })?,
        Format::Csv | Format::Markdown => context.ui.listing(&Listing::new(&RULE_COLUMNS, &rules))?,
        _ => context.ui.answer(&page(&rules))?,
    }
    Ok(Exit::Done)
}

/// The rules as a page to read.
fn page(rules: &[RuleRow]) -> String {
    let mut lines = Vec::new();
    let mut family = "";
    for rule in rules {
        if rule.family != family {
            family = rule.family;
            lines.push(format!("{}{family}", if lines.is_empty() { "" } else { "\n" }));
        }
        lines.push(format!("  {} ({}): {}", rule.name, rule.level.word(), rule.danger));
        if rule.lock != "none" {
            lines.push(format!("      lock: {}", rule.lock));
        }
        lines.push(format!("      instead: {}", rule.instead));
    }
    lines.join("\n")
}
