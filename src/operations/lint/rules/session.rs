//! Transactions and settings: what the runner looks after, and what outlives a file.
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work, when};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::Act;
use crate::operations::lint::statement::words::{Kind, calls, has};

pub const FAMILY: Family = Family {
    name: "transactions and settings",
    rules: &[
        Rule {
            name: "transaction-control",
            level: Level::Error,
            danger: "the runner holds the transaction: COMMIT in a file ends it early, and a failure leaves half of the file",
            lock: "none",
            instead: "leave BEGIN, COMMIT and ROLLBACK out; `-- pgtend: no-transaction` at the top runs statement by statement",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &["transaction-nesting", "ban-uncommitted-transaction"],
            look: Look::Statement(transaction_control),
        },
        Rule {
            name: "concurrently-in-transaction",
            level: Level::Error,
            danger: "fails: the statement cannot run inside a transaction",
            lock: "none",
            instead: "put it into a file of its own that begins with `-- pgtend: no-transaction`",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &["ban-concurrent-index-creation-in-transaction"],
            look: Look::Statement(concurrently_in_transaction),
        },
        Rule {
            name: "search-path-changed",
            level: Level::Warning,
            danger: "with tools that do not reset it, as pgtend does, the setting outlives the file: all after it, and the history, looks elsewhere",
            lock: "none",
            instead: "SET LOCAL search_path, or names with their schema",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(search_path_changed),
        },
        Rule {
            name: "lock-timeout-off",
            level: Level::Error,
            danger: "the file waits for a lock without end, and everybody waits behind it",
            lock: "none",
            instead: "leave it out; `-- pgtend: lock_timeout=500ms` at the top says how long one attempt waits",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(lock_timeout_off),
        },
        Rule {
            name: "set-local-without-transaction",
            level: Level::Warning,
            danger: "has no effect: each statement of the file is a transaction of its own",
            lock: "none",
            instead: "leave it out",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(set_local_without_transaction),
        },
        Rule {
            name: "constraints-off",
            level: Level::Error,
            danger: "triggers and foreign keys no longer hold for this session",
            lock: "none",
            instead: "change the rows in an order that the foreign keys allow, or make them DEFERRABLE",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(constraints_off),
        },
    ],
};

fn transaction_control(scene: &Scene<'_>) -> Vec<Hit> {
    // Once is enough: who takes one out takes the others out as well.
    let first = scene.file.items.iter().find(|item| matches!(item.act, Act::Transaction));
    when(first.is_some_and(|item| item.span == scene.item.span), Hit::default())
}

fn concurrently_in_transaction(scene: &Scene<'_>) -> Vec<Hit> {
    when(
        scene.file.in_transaction() && !scene.file.implies_no_transaction() && scene.item.is_outside(),
        Hit::default(),
    )
}

fn search_path_changed(scene: &Scene<'_>) -> Vec<Hit> {
    let changed = match scene.act() {
        Act::Set { local: false, name, .. } => name == "search_path",
        Act::Select { words } => {
            calls(words).iter().any(|call| call.name == "set_config")
                && has(words, &["false"])
                && words.iter().any(|word| word.kind == Kind::Literal && word.text == "search_path")
        }
        _ => false,
    };
    when(changed, Hit::default())
}

fn lock_timeout_off(scene: &Scene<'_>) -> Vec<Hit> {
    let Act::Set { name, value, .. } = scene.act() else { return Vec::new() };
    let off =
        value.first().is_none_or(|word| word.is("default") || word.text.trim_start_matches('0').is_empty());
    when(name == "lock_timeout" && off, Hit::default())
}

fn set_local_without_transaction(scene: &Scene<'_>) -> Vec<Hit> {
    when(!scene.file.in_transaction() && matches!(scene.act(), Act::Set { local: true, .. }), Hit::default())
}

fn constraints_off(scene: &Scene<'_>) -> Vec<Hit> {
    let Act::Set { name, value, .. } = scene.act() else { return Vec::new() };
    let off = value.first().is_some_and(|word| word.text == "replica" || word.text == "local");
    when(name == "session_replication_role" && off, Hit::default())
}
