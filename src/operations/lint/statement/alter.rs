//! ALTER of tables, indexes, types and domains.
use super::act::{Act, Action, ActionKind, AlterTable};
use super::column::{column, constraint, is_constraint};
use super::words::{Word, Words, at_commas, has, normal, span_of};

pub fn alter(at: &mut Words<'_>) -> Option<Act> {
    match at.eat_any(&["table", "foreign", "materialized", "index", "type", "domain", "system"])? {
        "table" => table(at),
        "foreign" => at.eat(&["table"]).then_some(Act::Other),
        "type" => enum_value(at),
        "domain" => domain(at),
        "system" => Some(Act::Outside),
        _ => None,
    }
}

fn table(at: &mut Words<'_>) -> Option<Act> {
    if at.eat(&["all", "in", "tablespace"]) {
        return None;
    }
    at.eat(&["if", "exists"]);
    at.eat(&["only"]);
    let table = at.name()?;
    at.eat_symbol("*");
    let actions = at_commas(at.rest());
    let actions = actions.into_iter().map(|words| Action { kind: action(words), span: span_of(words) });
    Some(Act::AlterTable(AlterTable { table, actions: actions.collect() }))
}

fn action(words: &[Word]) -> ActionKind {
    let mut at = Words::new(words);
    let read = match at.next().map(|word| word.text.as_str()) {
        Some("add") => add(&mut at),
        Some("drop") => drop_column(&mut at),
        Some("alter") => alter_column(&mut at),
        Some("rename") => rename(&mut at),
        Some("validate") => validate(&mut at),
        Some("set") => set(&mut at),
        Some("attach") => attach(&mut at),
        Some("detach") => detach(&mut at),
        Some("enable") => at.eat(&["row", "level", "security"]).then_some(ActionKind::EnableRowSecurity),
        Some("disable") => at.eat(&["trigger"]).then_some(ActionKind::DisableTrigger),
        _ => None,
    };
    read.unwrap_or(ActionKind::Other)
}

fn add(at: &mut Words<'_>) -> Option<ActionKind> {
    if is_constraint(at.rest()) {
        return Some(ActionKind::AddConstraint(constraint(at.rest())?));
    }
    at.eat(&["column"]);
    at.eat(&["if", "not", "exists"]);
    Some(ActionKind::AddColumn(Box::new(column(at.rest())?)))
}

fn drop_column(at: &mut Words<'_>) -> Option<ActionKind> {
    if at.eat(&["constraint"]) {
        return None;
    }
    at.eat(&["column"]);
    at.eat(&["if", "exists"]);
    at.identifier()?;
    Some(ActionKind::DropColumn { cascade: at.at("cascade") })
}

fn alter_column(at: &mut Words<'_>) -> Option<ActionKind> {
    if at.eat(&["constraint"]) {
        return None;
    }
    at.eat(&["column"]);
    let column = at.identifier()?;
    if at.eat(&["set", "not", "null"]) {
        return Some(ActionKind::SetNotNull { column });
    }
    if at.eat(&["set", "data", "type"]) || at.eat(&["type"]) {
        let kind = normal(at.until(&["using", "collate"]));
        return Some(ActionKind::SetType { column, kind, using: has(at.rest(), &["using"]) });
    }
    None
}

fn rename(at: &mut Words<'_>) -> Option<ActionKind> {
    if at.eat(&["to"]) {
        return Some(ActionKind::RenameTable { to: at.identifier()? });
    }
    (!at.eat(&["constraint"])).then_some(ActionKind::RenameColumn)
}

fn validate(at: &mut Words<'_>) -> Option<ActionKind> {
    at.eat(&["constraint"]);
    Some(ActionKind::ValidateConstraint { name: at.identifier()? })
}

fn set(at: &mut Words<'_>) -> Option<ActionKind> {
    Some(match at.eat_any(&["schema", "logged", "unlogged", "tablespace", "access"])? {
        "schema" => ActionKind::SetSchema,
        "tablespace" => ActionKind::SetTablespace,
        "access" => ActionKind::SetAccessMethod,
        _ => ActionKind::SetLogged,
    })
}

fn attach(at: &mut Words<'_>) -> Option<ActionKind> {
    at.eat(&["partition"]);
    Some(ActionKind::Attach { partition: at.name()?, default: at.at("default") })
}

fn detach(at: &mut Words<'_>) -> Option<ActionKind> {
    at.eat(&["partition"]);
    let partition = at.name()?;
    Some(ActionKind::Detach { partition, concurrently: at.at("concurrently"), finalize: at.at("finalize") })
}

fn enum_value(at: &mut Words<'_>) -> Option<Act> {
    let name = at.name()?;
    if !at.eat(&["add", "value"]) {
        return None;
    }
    at.eat(&["if", "not", "exists"]);
    Some(Act::AddEnumValue { name, value: at.next()?.text.clone() })
}

fn domain(at: &mut Words<'_>) -> Option<Act> {
    let name = at.name()?;
    if !at.eat(&["add"]) {
        return None;
    }
    Some(Act::AddDomainCheck { name, not_valid: has(at.rest(), &["not", "valid"]) })
}
