//! From a statement's first words to the reader of its kind.
use super::act::{Act, Reindex};
use super::words::{Kind, Word, Words, has};
use super::{alter, create, rows};

/// What the statement does. Total: any words give an answer.
pub fn read(words: &[Word]) -> Act {
    let mut at = Words::new(words);
    let Some(first) = at.next().filter(|word| word.kind == Kind::Name) else { return Act::Other };
    let act = match first.text.as_str() {
        "create" => create::create(&mut at),
        "alter" => alter::alter(&mut at),
        "drop" => drop_object(&mut at),
        "reindex" => reindex(&mut at),
        "insert" => rows::insert(&mut at),
        "update" => rows::update(&mut at),
        "delete" => rows::delete(&mut at),
        "merge" => rows::merge(&mut at),
        "with" => rows::with(words),
        "truncate" => Some(truncate(&mut at)),
        "refresh" => refresh(&mut at),
        "vacuum" => Some(vacuum(&mut at)),
        "cluster" => Some(cluster(&mut at)),
        "lock" => Some(lock(&mut at)),
        "do" => Some(Act::Do { body: body(words) }),
        "begin" | "commit" | "rollback" | "abort" | "end" => transaction(&at),
        "start" => at.at("transaction").then_some(Act::Transaction),
        "prepare" => at.at("transaction").then_some(Act::Transaction),
        "set" => set(&mut at),
        "reset" => set(&mut at),
        "grant" => grant(words),
        "select" => Some(Act::Select { words: words.to_vec() }),
        _ => None,
    };
    act.unwrap_or(Act::Other)
}

fn body(words: &[Word]) -> Option<Word> {
    words.iter().find(|word| word.kind == Kind::Literal).cloned()
}

/// `rollback to savepoint` leaves the transaction open.
fn transaction(at: &Words<'_>) -> Option<Act> {
    (!has(at.rest(), &["to"])).then_some(Act::Transaction)
}

const KINDS: [&[&str]; 12] = [
    &["materialized", "view"],
    &["foreign", "table"],
    &["table"],
    &["view"],
    &["schema"],
    &["database"],
    &["owned", "by"],
    &["type"],
    &["domain"],
    &["sequence"],
    &["extension"],
    &["function"],
];
const KIND_WORDS: [&str; 12] = [
    "materialized view",
    "foreign table",
    "table",
    "view",
    "schema",
    "database",
    "owned",
    "type",
    "domain",
    "sequence",
    "extension",
    "function",
];

fn drop_object(at: &mut Words<'_>) -> Option<Act> {
    let cascade = at.rest().last().is_some_and(|word| word.is("cascade"));
    if at.eat(&["index"]) {
        let concurrently = at.eat(&["concurrently"]);
        at.eat(&["if", "exists"]);
        return Some(Act::DropIndex { names: at.names(), concurrently, cascade });
    }
    let Some(kind) = KINDS.iter().position(|kind| at.eat(kind)) else {
        let other = Act::Drop { kind: "object", names: Vec::new(), cascade };
        return Some(if at.at("tablespace") || at.at("subscription") { Act::Outside } else { other });
    };
    at.eat(&["if", "exists"]);
    Some(Act::Drop { kind: KIND_WORDS[kind], names: at.names(), cascade })
}

fn reindex(at: &mut Words<'_>) -> Option<Act> {
    let options = at.parentheses().unwrap_or_default();
    let target = match at.eat_any(&["index", "table", "schema", "database", "system"])? {
        "index" => Reindex::Index,
        "table" => Reindex::Table,
        _ => Reindex::Many,
    };
    let concurrently = at.eat(&["concurrently"]) || is_on(options, "concurrently");
    Some(Act::Reindex { target, name: at.name(), concurrently })
}

/// An option in parentheses, on its own or with a value that means yes.
fn is_on(options: &[Word], name: &str) -> bool {
    let value = options.iter().position(|word| word.is(name)).map(|place| options.get(place + 1));
    value.is_some_and(|value| !value.is_some_and(|word| matches!(word.text.as_str(), "false" | "off" | "0")))
}

fn truncate(at: &mut Words<'_>) -> Act {
    at.eat(&["table"]);
    Act::Truncate { tables: at.names(), cascade: has(at.rest(), &["cascade"]) }
}

fn refresh(at: &mut Words<'_>) -> Option<Act> {
    at.eat(&["materialized", "view"]);
    let concurrently = at.eat(&["concurrently"]);
    Some(Act::Refresh { view: at.name()?, concurrently })
}

fn vacuum(at: &mut Words<'_>) -> Act {
    let options = at.parentheses().unwrap_or_default();
    let mut full = is_on(options, "full");
    while let Some(word) = at.eat_any(&["full", "freeze", "verbose", "analyze"]) {
        full |= word == "full";
    }
    let mut tables = Vec::new();
    while let Some(name) = at.name() {
        tables.push(name);
        at.parentheses();
        if !at.eat_symbol(",") {
            break;
        }
    }
    Act::Vacuum { full, tables }
}

fn cluster(at: &mut Words<'_>) -> Act {
    at.parentheses();
    at.eat(&["verbose"]);
    Act::Cluster { table: at.name() }
}

fn lock(at: &mut Words<'_>) -> Act {
    at.eat(&["table"]);
    let tables = at.names();
    at.eat(&["in"]);
    let mode: Vec<&str> = at.until(&["mode"]).iter().map(|word| word.text.as_str()).collect();
    let mode = if mode.is_empty() { "access exclusive".to_owned() } else { mode.join(" ") };
    Act::Lock { tables, mode }
}

fn set(at: &mut Words<'_>) -> Option<Act> {
    let local = at.eat(&["local"]);
    if !local {
        at.eat(&["session"]);
    }
    let name = at.name()?;
    let name = name.schema.map_or(name.name.clone(), |schema| format!("{schema}.{}", name.name));
    if !at.eat_symbol("=") {
        at.eat(&["to"]);
    }
    Some(Act::Set { local, name, value: at.rest().to_vec() })
}

fn grant(words: &[Word]) -> Option<Act> {
    let place = words.windows(2).position(|pair| pair[0].is("to") && pair[1].is("public"))?;
    let writes =
        ["all", "insert", "update", "delete", "truncate"].iter().any(|word| has(&words[..place], &[word]));
    Some(Act::GrantToPublic { writes })
}
