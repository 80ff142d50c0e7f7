//! Views, functions, types and schemas; maintenance that belongs into no migration.
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work, when};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::words::{Kind, has};
use crate::operations::lint::statement::{Act, ActionKind};

pub const FAMILY: Family = Family {
    name: "objects and maintenance",
    rules: &[
        Rule {
            name: "refresh-not-concurrent",
            level: Level::Error,
            danger: "nobody can read the materialized view while it is computed",
            lock: "ACCESS EXCLUSIVE on the materialized view, until it is computed",
            instead: "REFRESH MATERIALIZED VIEW CONCURRENTLY; `pgtend matview refresh` does it in order",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &[],
            look: Look::Statement(refresh_not_concurrent),
        },
        Rule {
            name: "refresh-without-unique-index",
            level: Level::Error,
            danger: "fails: a concurrent refresh needs a unique index over all rows of the materialized view",
            lock: "none",
            instead: "CREATE UNIQUE INDEX on plain columns, without WHERE, first",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(refresh_without_unique_index),
        },
        Rule {
            name: "vacuum-full",
            level: Level::Error,
            danger: "the table and its indexes are written anew",
            lock: "ACCESS EXCLUSIVE on the table, until it is written anew",
            instead: "VACUUM; where space must go back to the system, pg_repack",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &["prefer-repack"],
            look: Look::Statement(vacuum_full),
        },
        Rule {
            name: "cluster",
            level: Level::Error,
            danger: "the table and its indexes are written anew",
            lock: "ACCESS EXCLUSIVE on the table, until it is written anew",
            instead: "pg_repack; or partitions, which keep together what is read together",
            waits: Waits::Everybody,
            work: Work::Rewrite,
            squawk: &["prefer-repack"],
            look: Look::Statement(cluster),
        },
        Rule {
            name: "lock-table",
            level: Level::Error,
            danger: "everybody waits from here to the end of the transaction",
            lock: "the mode that is named, until the transaction ends",
            instead: "leave it out: each statement takes the lock that it needs, and pgtend retries under the lock budget",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(lock_table),
        },
        Rule {
            name: "drop-schema",
            level: Level::Error,
            danger: "what it holds is gone",
            lock: "ACCESS EXCLUSIVE on everything in it, until the transaction ends",
            instead: "drop its tables one by one; then declare it: allow=drop-schema reason=\"...\"",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["ban-drop-schema", "ban-drop-database"],
            look: Look::Statement(drop_schema),
        },
        Rule {
            name: "drop-cascade",
            level: Level::Warning,
            danger: "whatever depends on it goes too, other people's views and foreign keys among it",
            lock: "ACCESS EXCLUSIVE on everything that goes",
            instead: "name what goes, without CASCADE",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(drop_cascade),
        },
        Rule {
            name: "security-definer-search-path",
            level: Level::Warning,
            danger: "who calls it decides by search_path what its names mean, and it runs with the owner's rights",
            lock: "none",
            instead: "add SET search_path = pg_catalog, pg_temp to the function, and name the rest with its schema",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(security_definer_search_path),
        },
        Rule {
            name: "grant-to-public",
            level: Level::Warning,
            danger: "every role of the server may change it",
            lock: "none that matters",
            instead: "grant to the application's role",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(grant_to_public),
        },
        Rule {
            name: "enum-value-used-early",
            level: Level::Error,
            danger: "fails: a value that was added to a type can be used only after the transaction has ended",
            lock: "none",
            instead: "use the value in a file of its own",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(enum_value_used_early),
        },
        Rule {
            name: "ddl-in-body",
            level: Level::Warning,
            danger: "what a DO block creates, alters or drops cannot be seen here, and can be neither split nor resumed",
            lock: "whatever the block takes, all of it until the transaction ends",
            instead: "statements of their own",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(ddl_in_body),
        },
    ],
};

fn refresh_not_concurrent(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::Refresh { view, concurrently: false } => vec![Hit::on(view)],
        _ => Vec::new(),
    }
}

fn refresh_without_unique_index(scene: &Scene<'_>) -> Vec<Hit> {
    let Act::Refresh { view, concurrently: true } = scene.act() else { return Vec::new() };
    let made = scene.history.has_unique_index(view);
    let known = scene.table(view).map(|known| {
        let over_all = |key: &String| !key.contains('(');
        known
            .indexes
            .iter()
            .any(|i| i.unique && i.valid && i.predicate.is_none() && i.keys.iter().all(over_all))
    });
    let has = known.unwrap_or(!scene.is_new(view));
    when(!made && !has, Hit::default())
}

fn vacuum_full(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::Vacuum { full: true, tables } => {
            vec![tables.first().map_or_else(|| Hit::default().note("it goes over every table"), Hit::on)]
        }
        _ => Vec::new(),
    }
}

fn cluster(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::Cluster { table } => {
            let all = || Hit::default().note("it goes over every table that was clustered before");
            vec![table.as_ref().map_or_else(all, Hit::on)]
        }
        _ => Vec::new(),
    }
}

fn lock_table(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::Lock { tables, mode }
            if !matches!(mode.as_str(), "access share" | "row share" | "row exclusive") =>
        {
            let live = tables.iter().find(|table| !scene.is_new(table));
            live.map(Hit::on).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn drop_schema(scene: &Scene<'_>) -> Vec<Hit> {
    let applies = matches!(scene.act(), Act::Drop { kind: "schema" | "database" | "owned", .. });
    when(applies, Hit::default())
}

fn drop_cascade(scene: &Scene<'_>) -> Vec<Hit> {
    let dropped = match scene.act() {
        Act::Drop {
            kind: "table" | "foreign table" | "materialized view" | "view",
            names,
            cascade: true,
        } => names.iter().find(|name| !scene.is_new(name)).map(Hit::on),
        Act::DropIndex { cascade: true, .. } | Act::Drop { cascade: true, .. } => Some(Hit::default()),
        _ => None,
    };
    let columns = scene.actions().filter_map(|(table, action)| match action.kind {
        ActionKind::DropColumn { cascade: true } => Some(Hit::on(table).at(&action.span)),
        _ => None,
    });
    dropped.into_iter().chain(columns).collect()
}

fn security_definer_search_path(scene: &Scene<'_>) -> Vec<Hit> {
    let applies =
        matches!(scene.act(), Act::CreateFunction(function) if function.definer && !function.search_path);
    when(applies, Hit::default())
}

fn grant_to_public(scene: &Scene<'_>) -> Vec<Hit> {
    when(matches!(scene.act(), Act::GrantToPublic { writes: true }), Hit::default())
}

fn enum_value_used_early(scene: &Scene<'_>) -> Vec<Hit> {
    let adds = matches!(scene.act(), Act::AddEnumValue { .. });
    if adds || !scene.file.in_transaction() {
        return Vec::new();
    }
    let used = scene
        .words()
        .iter()
        .find(|word| word.kind == Kind::Literal && scene.history.enum_values.contains(&word.text));
    used.map(|word| Hit::default().at(&word.span)).into_iter().collect()
}

const DDL: [&[&str]; 14] = [
    &["execute"],
    &["create", "table"],
    &["create", "index"],
    &["create", "unique"],
    &["create", "materialized"],
    &["create", "trigger"],
    &["create", "schema"],
    &["alter", "table"],
    &["alter", "type"],
    &["drop", "table"],
    &["drop", "index"],
    &["drop", "schema"],
    &["truncate"],
    &["lock", "table"],
];

fn ddl_in_body(scene: &Scene<'_>) -> Vec<Hit> {
    let Act::Do { body: Some(body) } = scene.act() else { return Vec::new() };
    let words = crate::operations::lint::file::words_of(&body.text);
    let found = DDL.iter().find(|keywords| has(&words, keywords));
    found
        .map(|keywords| Hit::default().note(format!("it holds {}", keywords.join(" ").to_uppercase())))
        .into_iter()
        .collect()
}
