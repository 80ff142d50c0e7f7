//! CREATE of what the rules ask about.
use super::act::{Act, CreateFunction, CreateIndex, CreateTable};
use super::column::{column, constraint, is_constraint};
use super::words::{Word, Words, at_commas, calls, has, normal};
use crate::pg::catalog::TableName;

pub fn create(at: &mut Words<'_>) -> Option<Act> {
    at.eat(&["or", "replace"]);
    at.eat_any(&["global", "local"]);
    let temporary = at.eat_any(&["temporary", "temp"]).is_some();
    at.eat(&["unlogged"]);
    let unique = at.eat(&["unique"]);
    at.eat(&["constraint"]);
    at.eat(&["event"]);
    let kind = at.eat_any(&[
        "table",
        "index",
        "materialized",
        "trigger",
        "rule",
        "policy",
        "function",
        "procedure",
        "type",
        "database",
        "tablespace",
        "subscription",
    ])?;
    match kind {
        "table" => table(at, temporary),
        "index" => index(at, unique),
        "materialized" => materialized_view(at),
        "trigger" => behind(at, "on").map(|table| Act::CreateTrigger { table }),
        "rule" => behind(at, "to").map(|table| Act::CreateRule { table }),
        "policy" => behind(at, "on").map(|table| Act::CreatePolicy { table }),
        "function" | "procedure" => function(at),
        "type" => Some(Act::CreateType { name: at.name()? }),
        _ => Some(Act::Outside),
    }
}

fn behind(at: &mut Words<'_>, keyword: &str) -> Option<TableName> {
    if at.skip_to(keyword) { at.name() } else { None }
}

fn index(at: &mut Words<'_>, unique: bool) -> Option<Act> {
    let concurrently = at.eat(&["concurrently"]);
    let if_not_exists = at.eat(&["if", "not", "exists"]);
    let name = if at.at("on") { None } else { Some(at.name()?) };
    at.eat(&["on"]);
    let only = at.eat(&["only"]);
    let table = at.name()?;
    let method = if at.eat(&["using"]) { at.identifier()? } else { "btree".to_owned() };
    let keys = at.parentheses()?;
    let include = if at.eat(&["include"]) { at.parentheses().unwrap_or_default() } else { &[] };
    let predicate = if at.skip_to("where") { at.rest() } else { &[] };
    let mut called = calls(keys);
    called.extend(calls(predicate));
    Some(Act::CreateIndex(CreateIndex {
        name,
        table,
        unique,
        concurrently,
        if_not_exists,
        only,
        method,
        keys: at_commas(keys).into_iter().map(key).collect(),
        include: at_commas(include).into_iter().map(normal).collect(),
        predicate: (!predicate.is_empty()).then(|| normal(predicate)),
        calls: called,
    }))
}

/// `asc` and the usual place of nulls are what is meant without them.
fn key(words: &[Word]) -> String {
    let text = normal(words);
    let text = text.strip_suffix(" nulls last").filter(|rest| !rest.ends_with(" desc")).unwrap_or(&text);
    let text = text.strip_suffix(" nulls first").filter(|rest| rest.ends_with(" desc")).unwrap_or(text);
    text.strip_suffix(" asc").unwrap_or(text).to_owned()
}

fn table(at: &mut Words<'_>, temporary: bool) -> Option<Act> {
    let if_not_exists = at.eat(&["if", "not", "exists"]);
    let table = at.name()?;
    let partition_of = if at.eat(&["partition", "of"]) { Some(at.name()?) } else { None };
    let elements = if at.peek().is_some_and(|word| word.is_symbol("(")) {
        at_commas(at.parentheses().unwrap_or_default())
    } else {
        Vec::new()
    };
    let mut rest = *at;
    if partition_of.is_none() && rest.skip_to("as") {
        return Some(Act::CreateTableAs { table, temporary, query: rest.rest().to_vec() });
    }
    let partition_by = if has(at.rest(), &["partition", "by"]) {
        at.skip_to("by");
        at.identifier();
        Some(at_commas(at.parentheses().unwrap_or_default()).into_iter().map(partition_key).collect())
    } else {
        None
    };
    let (constraints, columns): (Vec<&[Word]>, Vec<&[Word]>) =
        elements.into_iter().filter(|words| !words[0].is("like")).partition(|words| is_constraint(words));
    Some(Act::CreateTable(CreateTable {
        table,
        temporary,
        if_not_exists,
        partition_of,
        partition_by,
        columns: columns.into_iter().filter_map(column).collect(),
        constraints: constraints.into_iter().filter_map(constraint).collect(),
    }))
}

/// A column without its collation and operator class, or an expression.
fn partition_key(words: &[Word]) -> String {
    let mut at = Words::new(words);
    match at.identifier() {
        Some(column) if !at.peek().is_some_and(|word| word.is_symbol("(")) => column,
        _ => normal(words),
    }
}

fn materialized_view(at: &mut Words<'_>) -> Option<Act> {
    at.eat(&["view"]);
    let if_not_exists = at.eat(&["if", "not", "exists"]);
    Some(Act::CreateMaterializedView { name: at.name()?, if_not_exists })
}

fn function(at: &mut Words<'_>) -> Option<Act> {
    let name = at.name()?;
    at.parentheses();
    Some(Act::CreateFunction(CreateFunction {
        name,
        definer: has(at.rest(), &["security", "definer"]),
        search_path: has(at.rest(), &["set", "search_path"]),
    }))
}
