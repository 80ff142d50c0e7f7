//! A file against the rules: findings, each with its place, what it means in this database, and whether it is waived.
use serde::Serialize;

use super::catalog::Catalog;
use super::file::{File, Item};
use super::history::History;
use super::impact::{Impact, SHORT_MS, impact};
use super::rule::{Hit, Level, Look, Rule};
use super::rules::{rule, rules};
use super::scene::Scene;
use super::statement::Act;

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Characters, from 1.
    pub column: usize,
    /// Characters of the line that it is about; at least 1.
    #[serde(skip)]
    pub width: usize,
    /// The line of the file.
    pub text: String,
    pub rule: &'static str,
    pub level: Level,
    pub danger: &'static str,
    /// What this case has besides.
    pub note: Option<String>,
    pub lock: &'static str,
    pub instead: &'static str,
    /// Null without a database.
    pub impact: Option<Impact>,
    /// Why it is allowed here.
    pub waived: Option<String>,
}

/// What the rules find, in the order of the file; what is waived is among it. Pure.
pub fn check(file: &File, catalog: Option<&Catalog>) -> Vec<Finding> {
    let mut found = Found { file, catalog, used: vec![false; file.waivers.len()], findings: Vec::new() };
    for rule in rules() {
        if let Look::File(look) = rule.look {
            look(file).into_iter().for_each(|hit| found.add(rule, &hit, None));
        }
    }
    let mut history = History::default();
    for (number, item) in file.items.iter().enumerate() {
        let scene = Scene { file, item, history: &history, catalog };
        for rule in rules() {
            if let Look::Statement(look) = rule.look {
                for hit in look(&scene).into_iter().filter(|hit| matters(hit, &scene)) {
                    found.add(rule, &hit, Some((number, item)));
                }
            }
        }
        if !is_there_already(item, catalog) {
            history.add(&item.act);
        }
    }
    found.unused_waivers();
    found.findings.sort_by_key(|finding| (finding.line, finding.column));
    found.findings
}

/// A table that the file has made, that is not there yet, or that is empty holds nobody up.
fn matters(hit: &Hit, scene: &Scene<'_>) -> bool {
    let Some(table) = &hit.table else { return true };
    if scene.is_new(table) {
        return false;
    }
    match scene.catalog {
        Some(catalog) => catalog.table(table).is_some_and(|known| !known.is_empty()),
        None => true,
    }
}

/// `create table if not exists` makes nothing new of a table that the database has.
fn is_there_already(item: &Item, catalog: Option<&Catalog>) -> bool {
    match &item.act {
        Act::CreateTable(create) if create.if_not_exists => {
            catalog.is_some_and(|catalog| catalog.table(&create.table).is_some())
        }
        _ => false,
    }
}

struct Found<'a> {
    file: &'a File,
    catalog: Option<&'a Catalog>,
    used: Vec<bool>,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, rule: &'static Rule, hit: &Hit, item: Option<(usize, &Item)>) {
        let known = hit.table.as_ref().and_then(|table| self.catalog?.table(table));
        let impact = known.map(|table| impact(rule, table));
        let short = impact.as_ref().and_then(|impact| impact.estimate_ms).is_some_and(|ms| ms < SHORT_MS);
        let level = hit.level.unwrap_or(rule.level);
        let whole = item.map(|(_, item)| item.span.clone()).unwrap_or_default();
        let span = if hit.span == (0..0) { whole } else { hit.span.clone() };
        let place = self.file.place(&span);
        let waived = self.waived(rule.name, item.map(|(number, _)| number));
        self.findings.push(Finding {
            file: self.file.name.clone(),
            line: place.line,
            column: place.column,
            width: place.width,
            text: place.text,
            rule: rule.name,
            level: if short { level.min(Level::Info) } else { level },
            danger: rule.danger,
            note: hit.note.clone(),
            lock: rule.lock,
            instead: rule.instead,
            impact,
            waived,
        });
    }

    fn waived(&mut self, rule: &str, item: Option<usize>) -> Option<String> {
        // A waiver cannot waive what is wrong with waivers.
        if rule == "waiver" {
            return None;
        }
        let mut reason = None;
        for (waiver, used) in self.file.waivers.iter().zip(&mut self.used) {
            if waiver.allows(rule, item) {
                *used = true;
                reason = reason.or_else(|| waiver.reason.clone());
            }
        }
        reason
    }

    /// With a database a danger may be absent that is one elsewhere: then nothing is said.
    fn unused_waivers(&mut self) {
        let Some(unused) = rule("unused-waiver").filter(|_| self.catalog.is_none()) else { return };
        let wrong = |number: usize| {
            let waiver = &self.file.waivers[number];
            !self.used[number] && waiver.problems.is_empty() && !waiver.everything && !waiver.rules.is_empty()
        };
        let spans: Vec<_> =
            (0..self.used.len()).filter(|n| wrong(*n)).map(|n| self.file.waivers[n].span.clone()).collect();
        for span in spans {
            self.add(unused, &Hit::default().at(&span), None);
        }
    }
}
