//! Waivers: comments by which who writes a file says that a danger is known, and why it is none here.
//! `-- pgtend: allow=RULE[,RULE] reason="..."` in the head of a file is for all of it, before a statement for that one.
use std::ops::Range;

use super::rules::{rule, rules};

#[derive(Clone, Debug)]
pub struct Waiver {
    /// The names of rules, ours; all of them when it is empty and `everything`.
    pub rules: Vec<&'static str>,
    pub everything: bool,
    /// The statement that it is for; the whole file otherwise.
    pub item: Option<usize>,
    pub reason: Option<String>,
    /// Bytes of the comment.
    pub span: Range<usize>,
    /// Why it cannot stand.
    pub problems: Vec<String>,
}

impl Waiver {
    pub fn allows(&self, rule: &str, item: Option<usize>) -> bool {
        (self.item.is_none() || self.item == item)
            && self.problems.is_empty()
            && (self.everything || self.rules.contains(&rule))
    }
}

/// The waiver in a comment's text, if there is one. `item`: the statement behind it; none in the head of the file.
pub fn read(comment: &str, span: Range<usize>, item: Option<usize>) -> Option<Waiver> {
    let text = comment.trim_start_matches('-').trim();
    if let Some(names) = text.strip_prefix("squawk-ignore") {
        return Some(squawk(names, span, item));
    }
    let words = directives(text.strip_prefix("pgtend:")?);
    let mut waiver =
        Waiver { rules: Vec::new(), everything: false, item, reason: None, span, problems: Vec::new() };
    let allow = words.iter().find(|(key, _)| key == "allow");
    for (key, value) in &words {
        match key.as_str() {
            "allow" => value.split(',').map(str::trim).for_each(|name| waiver.allow(name)),
            "reason" if !value.trim().is_empty() => waiver.reason = Some(value.clone()),
            "reason" => {}
            // The head of a file says more than waivers; who runs the file reads it.
            _ if item.is_none() => {}
            other => waiver.problems.push(format!("`{other}` stands in the head of the file, or nowhere")),
        }
    }
    if allow.is_none() && waiver.problems.is_empty() {
        return None;
    }
    if allow.is_some() && waiver.reason.is_none() {
        waiver.problems.push("it gives no reason: reason=\"...\"".to_owned());
    }
    Some(waiver)
}

impl Waiver {
    fn allow(&mut self, name: &str) {
        match rule(name) {
            Some(rule) => self.rules.push(rule.name),
            None => self.problems.push(unknown(name)),
        }
    }
}

fn unknown(name: &str) -> String {
    const NEAR: f64 = 0.75;
    let near = rules()
        .map(|rule| (strsim::jaro_winkler(name, rule.name), rule.name))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => format!("there is no rule `{name}`; did you mean `{near}`?"),
        None => format!("there is no rule `{name}`; `pgtend migrate lint --rules` lists them"),
    }
}

/// `squawk-ignore rule, rule` before a statement, `squawk-ignore-file [rule, rule]` for the file. Rules of squawk that
/// nothing here answers to are passed over.
fn squawk(names: &str, span: Range<usize>, item: Option<usize>) -> Waiver {
    let (file, names) = names.strip_prefix("-file").map_or((false, names), |names| (true, names));
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let rules = rules().filter(|rule| rule.squawk.iter().any(|name| names.contains(name)));
    Waiver {
        rules: rules.map(|rule| rule.name).collect(),
        everything: names.is_empty(),
        item: if file { None } else { Some(item.unwrap_or(0)) },
        reason: Some("squawk-ignore".to_owned()),
        span,
        problems: Vec::new(),
    }
}

/// `key` and `key=value`, where a value may stand in double quotes.
pub fn directives(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after),
            None => ("", after),
        };
        found.push((key.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    found
}

fn value(text: &str) -> (&str, &str) {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => text.split_at(text.find(char::is_whitespace).unwrap_or(text.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_needs_a_rule_that_there_is_and_a_reason() {
        let problems = |comment: &str| read(comment, 0..0, Some(0)).unwrap().problems.join("; ");
        assert_eq!(problems("-- pgtend: allow=drop-column,rename reason=\"ticket 12\""), "");
        assert!(problems("-- pgtend: allow=drop-column").contains("no reason"));
        assert!(problems("-- pgtend: allow=drop-column reason=\"  \"").contains("no reason"));
        assert!(problems("-- pgtend: allow=drop-colum reason=x").contains("did you mean `drop-column`?"));
        assert!(problems("-- pgtend: alow=drop-column").contains("`alow`"));
        assert!(read("-- plain words", 0..0, Some(0)).is_none());
        assert!(read("-- pgtend: no-transaction", 0..0, None).is_none());
    }

    #[test]
    fn squawk_speaks_of_our_rules_by_its_own_names() {
        let waiver = read("-- squawk-ignore ban-drop-column, prefer-robust-stmts", 0..0, Some(3)).unwrap();
        assert!(waiver.allows("drop-column", Some(3)) && !waiver.allows("drop-column", Some(2)));
        assert!(!waiver.allows("drop-table", Some(3)));
        let file = read("-- squawk-ignore-file", 0..0, None).unwrap();
        assert!(file.allows("drop-table", Some(7)));
    }
}
