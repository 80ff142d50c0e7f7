//! INSERT, UPDATE, DELETE and MERGE: which table's rows change, and whether a condition bounds how many.
use super::act::Act;
use super::read::read;
use super::words::{Word, Words};
use crate::pg::catalog::TableName;

pub fn insert(at: &mut Words<'_>) -> Option<Act> {
    at.eat(&["into"]);
    let into = at.name()?;
    if at.eat(&["as"]) {
        at.identifier();
    }
    // Either the columns, or a query that stands in parentheses.
    let query = ["select", "with", "values", "table"];
    if !at
        .rest()
        .get(1)
        .is_some_and(|word| query.iter().any(|keyword| word.is(keyword)) || word.is_symbol("("))
    {
        at.parentheses();
    }
    Some(Act::Insert { into, source: at.rest().to_vec() })
}

pub fn update(at: &mut Words<'_>) -> Option<Act> {
    at.eat(&["only"]);
    let table = at.name()?;
    Some(Act::Update { table, condition: condition(at) })
}

pub fn delete(at: &mut Words<'_>) -> Option<Act> {
    at.eat(&["from"]);
    at.eat(&["only"]);
    let table = at.name()?;
    Some(Act::Delete { table, condition: condition(at) })
}

fn condition(at: &mut Words<'_>) -> Option<Vec<Word>> {
    at.skip_to("where").then(|| at.until(&["returning"]).to_vec())
}

pub fn merge(at: &mut Words<'_>) -> Option<Act> {
    at.eat(&["into"]);
    at.eat(&["only"]);
    let into = at.name()?;
    let source = if at.skip_to("using") { at.name() } else { None };
    Some(Act::Merge { into, source })
}

/// The statement behind `with ... as (...)`.
pub fn with(words: &[Word]) -> Option<Act> {
    let mut at = Words::new(words);
    at.next();
    at.eat(&["recursive"]);
    at.until(&["insert", "update", "delete", "merge", "select"]);
    let word = at.next()?;
    match word.text.as_str() {
        "insert" => insert(&mut at),
        "update" => update(&mut at),
        "delete" => delete(&mut at),
        "merge" => merge(&mut at),
        _ => None,
    }
}

/// Functions whose arguments have a `from` of their own.
const FROM_WITHIN: [&str; 4] = ["extract", "substring", "trim", "overlay"];
/// Words that are no alias of the table before them.
const CLAUSES: [&str; 18] = [
    "where",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "on",
    "using",
    "group",
    "order",
    "limit",
    "having",
    "union",
    "except",
    "intersect",
    "window",
];

/// The tables that a query reads: names behind `from` and `join`, functions and names of `with` excepted.
pub fn sources(words: &[Word]) -> Vec<TableName> {
    let mut found = Vec::new();
    let mut at = Words::new(words);
    while let Some(word) = at.next() {
        if FROM_WITHIN.iter().any(|function| word.is(function)) {
            at.parentheses();
        } else if word.is("distinct") {
            at.eat(&["from"]);
        } else if word.is("from") || word.is("join") {
            found.extend(tables(&mut at));
        }
    }
    let named = common_tables(words);
    found.retain(|name| name.schema.is_some() || !named.contains(&name.name));
    found
}

/// Tables with commas between them, each with its alias.
fn tables(at: &mut Words<'_>) -> Vec<TableName> {
    let mut found = Vec::new();
    loop {
        at.eat(&["only"]);
        at.eat(&["lateral"]);
        let Some(name) = at.name() else { return found };
        if at.parentheses().is_none() {
            found.push(name);
        }
        at.eat_symbol("*");
        at.eat(&["as"]);
        if !at.peek().is_some_and(|word| CLAUSES.iter().any(|clause| word.is(clause))) {
            at.identifier();
            at.parentheses();
        }
        if !at.eat_symbol(",") {
            return found;
        }
    }
}

/// Names that `with` gives.
fn common_tables(words: &[Word]) -> Vec<String> {
    expressions(words).into_iter().map(|(name, _)| name).collect()
}

/// The statements within `with`, which may change rows as well.
pub fn within(words: &[Word]) -> Vec<Act> {
    expressions(words).into_iter().map(|(_, statement)| read(statement)).collect()
}

/// What `with` gives names to: `name as (..)`, `name (columns) as (..)`.
fn expressions(words: &[Word]) -> Vec<(String, &[Word])> {
    let mut found = Vec::new();
    if !words.first().is_some_and(|word| word.is("with")) {
        return found;
    }
    let mut at = Words::new(words);
    at.next();
    at.eat(&["recursive"]);
    while let Some(name) = at.identifier() {
        at.parentheses();
        at.eat(&["as"]);
        at.eat(&["not"]);
        at.eat(&["materialized"]);
        found.push((name, at.parentheses().unwrap_or_default()));
        if !at.eat_symbol(",") {
            break;
        }
    }
    found
}

/// The rows come from a query, not from `values`.
pub fn is_query(source: &[Word]) -> bool {
    let mut at = Words::new(source);
    at.until(&["select", "table", "values", "default"]);
    let first = source.first().filter(|word| word.is("select") || word.is("table") || word.is_symbol("("));
    let values = source.first().is_some_and(|word| word.is("values") || word.is("default"));
    !values && (first.is_some() || at.at("select") || at.at("table"))
}
