//! What a statement means for the way in which it is run: with others in a transaction, or by itself.
use crate::pg::catalog::TableName;
use crate::pg::script::{Statement, Token};

/// How a statement can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In a transaction, with others.
    Ordinary,
    /// `SET` and `RESET`, which only matter to what comes after.
    Setting,
    /// `BEGIN`, `COMMIT` and their like, which would take the transaction out of pgtend's hands.
    TransactionControl,
    /// Not in a transaction.
    Alone(Alone),
}

/// A statement that PostgreSQL refuses in a transaction block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alone {
    /// `CREATE INDEX CONCURRENTLY name ON table`.
    CreateIndex { name: Option<String>, schema: Option<String>, table: String },
    /// `DROP INDEX CONCURRENTLY name`.
    DropIndex { schema: Option<String>, name: String },
    /// `ALTER TABLE parent DETACH PARTITION partition CONCURRENTLY`.
    Detach { parent: TableName, partition: TableName },
    /// `REINDEX .. CONCURRENTLY`; `REFRESH` is none of them.
    Concurrently,
    /// `VACUUM`, `CREATE DATABASE` and their like.
    Other,
}

const CONTROL: [&str; 8] =
    ["begin", "start transaction", "commit", "end", "abort", "rollback", "prepare transaction", "savepoint"];
const ALONE: [&str; 11] = [
    "vacuum",
    "alter system",
    "create database",
    "drop database",
    "create tablespace",
    "drop tablespace",
    "create subscription",
    "drop subscription",
    "reindex database",
    "reindex system",
    "reindex schema",
];

impl Kind {
    pub fn of(statement: &Statement<'_>) -> Self {
        if CONTROL.iter().any(|words| statement.begins_with(words)) {
            return Self::TransactionControl;
        }
        if (statement.begins_with("set") && !statement.begins_with("set local"))
            || statement.begins_with("reset")
        {
            return Self::Setting;
        }
        if ALONE.iter().any(|words| statement.begins_with(words)) {
            return Self::Alone(Alone::Other);
        }
        let tokens = &statement.tokens;
        if let Some(create) = create_index(tokens) {
            return Self::Alone(create);
        }
        if statement.begins_with("drop index concurrently") {
            let rest = tokens.get(3..).unwrap_or_default();
            let rest = if rest.first().is_some_and(|t| t.is("if")) {
                rest.get(2..).unwrap_or_default()
            } else {
                rest
            };
            return Self::Alone(match qualified(rest) {
                Some((schema, name, _)) => Alone::DropIndex { schema, name },
                None => Alone::Concurrently,
            });
        }
        if let Some(detach) = detach(tokens) {
            return Self::Alone(detach);
        }
        let reindexes =
            statement.begins_with("reindex") && tokens.iter().take(12).any(|token| token.is("concurrently"));
        if reindexes { Self::Alone(Alone::Concurrently) } else { Self::Ordinary }
    }
}

/// `create [unique] index concurrently [if not exists] [name] on [only] table`
fn create_index(tokens: &[Token<'_>]) -> Option<Alone> {
    let mut rest = tokens;
    let mut word = |keyword: &str| {
        let is = rest.first().is_some_and(|token| token.is(keyword));
        rest = if is { &rest[1..] } else { rest };
        is
    };
    if !word("create") {
        return None;
    }
    word("unique");
    if !(word("index") && word("concurrently")) {
        return None;
    }
    word("if");
    word("not");
    word("exists");
    let named = !rest.first()?.is("on");
    let name = if named { Some(rest.first()?.identifier()?.into_owned()) } else { None };
    let rest = rest.get(usize::from(named) + 1..)?;
    let rest = if rest.first()?.is("only") { &rest[1..] } else { rest };
    let (schema, table, _) = qualified(rest)?;
    Some(Alone::CreateIndex { name, schema, table })
}

/// `alter table [if exists] parent detach partition partition concurrently`
fn detach(tokens: &[Token<'_>]) -> Option<Alone> {
    let mut rest = tokens;
    let mut words = |words: &[&str]| {
        let are = words.iter().enumerate().all(|(at, word)| rest.get(at).is_some_and(|token| token.is(word)));
        rest = if are { &rest[words.len()..] } else { rest };
        are
    };
    if !words(&["alter", "table"]) {
        return None;
    }
    words(&["if", "exists"]);
    let (schema, name, length) = qualified(rest)?;
    let rest = &rest[length..];
    if !(rest.first()?.is("detach") && rest.get(1)?.is("partition")) {
        return None;
    }
    let parent = TableName { schema, name };
    let (schema, name, length) = qualified(&rest[2..])?;
    let concurrently = rest.get(2 + length)?.is("concurrently");
    concurrently.then_some(Alone::Detach { parent, partition: TableName { schema, name } })
}

/// `[schema.]name`, and how many tokens it has.
pub fn qualified(tokens: &[Token<'_>]) -> Option<(Option<String>, String, usize)> {
    let first = tokens.first()?.identifier()?.into_owned();
    match tokens.get(1..3) {
        Some([point, second]) if point.is_symbol(".") => {
            Some((Some(first), second.identifier()?.into_owned(), 3))
        }
        _ => Some((None, first, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::script::Script;

    #[test]
    fn what_cannot_run_in_a_transaction_is_known() {
        let kind = |text: &str| Kind::of(&Script::parse(text).unwrap().statements[0]);
        let create = |name: Option<&str>, schema: Option<&str>| {
            let (name, schema) = (name.map(str::to_owned), schema.map(str::to_owned));
            Kind::Alone(Alone::CreateIndex { name, schema, table: "T".to_owned() })
        };
        assert_eq!(
            kind("Create UNIQUE index CONCURRENTLY if not exists I on only s.\"T\" (a)"),
            create(Some("i"), Some("s"))
        );
        assert_eq!(kind("create index concurrently on \"T\" (a)"), create(None, None));
        assert_eq!(
            kind("drop index concurrently if exists a.b"),
            Kind::Alone(Alone::DropIndex { schema: Some("a".into()), name: "b".into() })
        );
        assert_eq!(kind("reindex (verbose) index concurrently i"), Kind::Alone(Alone::Concurrently));
        let (parent, partition) = (TableName::parse("s.t"), TableName::parse("p"));
        let detach = Kind::Alone(Alone::Detach { parent, partition });
        assert_eq!(kind("alter table if exists s.t detach partition p concurrently"), detach);
        for text in ["vacuum t", "ALTER SYSTEM set a = 1"] {
            assert_eq!(kind(text), Kind::Alone(Alone::Other));
        }
        for text in [
            "create index i on t (a)",
            "alter table t detach partition p finalize",
            "refresh materialized view concurrently v",
            "set local a = 1",
            "call p()",
            "create index \"concurrently\" on t (a)",
            "update t set x = 'vacuum'",
        ] {
            assert_eq!(kind(text), Kind::Ordinary, "{text}");
        }
        for text in ["begin", "COMMIT", "end", "rollback to a", "start transaction read only"] {
            assert_eq!(kind(text), Kind::TransactionControl);
        }
        assert_eq!(kind("set search_path = a"), Kind::Setting);
    }
}
