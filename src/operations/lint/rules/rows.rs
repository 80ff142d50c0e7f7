//! Rows: changed or copied in one transaction, which others wait for and vacuum as well.
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::words::{Word, has};
use crate::operations::lint::statement::{Act, is_query, sources, within};
use crate::pg::catalog::TableName;

/// Fewer rows than these are changed in a moment.
const FEW_ROWS: f64 = 10_000.0;

pub const FAMILY: Family = Family {
    name: "rows",
    rules: &[
        Rule {
            name: "bulk-rows",
            level: Level::Error,
            danger: "all rows are changed in one transaction: who writes the same rows waits, vacuum cannot clean up, standbys lag",
            lock: "every row that is changed, until the transaction ends",
            instead: "batches with a commit after each, by ranges of the key; `pgtend normalize` for JSON columns",
            waits: Waits::Writers,
            work: Work::Rows,
            squawk: &[],
            look: Look::Statement(bulk_rows),
        },
        Rule {
            name: "insert-select-copy",
            level: Level::Error,
            danger: "a whole table is copied in one transaction, and what is written meanwhile is missing in the copy",
            lock: "none on the source; vacuum cannot clean up until it is done",
            instead: "batches by ranges of the key, with a trigger for what changes meanwhile; `pgtend partition convert` for partitioning",
            waits: Waits::Nobody,
            work: Work::Rows,
            squawk: &[],
            look: Look::Statement(insert_select_copy),
        },
        Rule {
            name: "rows-under-lock",
            level: Level::Warning,
            danger: "rows are changed while the strong lock of a statement before is held",
            lock: "the one of the statement before, until the transaction ends",
            instead: "change the rows in a file of its own",
            waits: Waits::Everybody,
            work: Work::Rows,
            squawk: &[],
            look: Look::Statement(rows_under_lock),
        },
        Rule {
            name: "truncate",
            level: Level::Error,
            danger: "the rows are gone; it waits for every transaction on the table, and everybody waits behind it",
            lock: "ACCESS EXCLUSIVE on the table, until the transaction ends",
            instead: "DELETE in batches while the table is in use; else declare it: allow=truncate reason=\"...\"",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["ban-truncate-cascade"],
            look: Look::Statement(truncate),
        },
    ],
};

fn bulk_rows(scene: &Scene<'_>) -> Vec<Hit> {
    let within = within(scene.words());
    within.iter().chain([scene.act()]).flat_map(|act| bulk(scene, act)).collect()
}

fn bulk(scene: &Scene<'_>, act: &Act) -> Vec<Hit> {
    let (table, condition) = match act {
        Act::Update { table, condition } | Act::Delete { table, condition } => (table, condition.as_deref()),
        Act::Merge { into, source: Some(source) } if !scene.is_new(source) => {
            return many(scene, source)
                .into_iter()
                .map(|hit| Hit { table: Some(into.clone()), ..hit })
                .collect();
        }
        _ => return Vec::new(),
    };
    let Some(condition) = condition else { return many(scene, table) };
    // Only the database can say whether a condition bounds anything.
    let unbounded = scene.table(table).is_some() && !finds_by_key(scene, table, condition);
    if unbounded {
        many(scene, table).into_iter().map(|hit| hit.level(Level::Warning)).collect()
    } else {
        Vec::new()
    }
}

fn many(scene: &Scene<'_>, table: &TableName) -> Vec<Hit> {
    let few = scene.table(table).and_then(|known| known.rows).is_some_and(|rows| rows <= FEW_ROWS);
    if few { Vec::new() } else { vec![Hit::on(table)] }
}

/// Every column of a unique index is compared for equality, and nothing else is offered by `or`.
fn finds_by_key(scene: &Scene<'_>, table: &TableName, condition: &[Word]) -> bool {
    let compared = |column: &String| {
        condition
            .windows(2)
            .any(|pair| pair[0].text == *column && (pair[1].is_symbol("=") || pair[1].is("in")))
    };
    let indexes = scene.table(table).map(|known| known.indexes.as_slice()).unwrap_or_default();
    !has(condition, &["or"])
        && indexes
            .iter()
            .any(|index| index.unique && index.predicate.is_none() && index.keys.iter().all(compared))
}

fn insert_select_copy(scene: &Scene<'_>) -> Vec<Hit> {
    let query = match scene.act() {
        Act::Insert { source, .. } if is_query(source) => source,
        Act::CreateTableAs { query, temporary: false, .. } => query,
        _ => return Vec::new(),
    };
    if has(query, &["where"]) || has(query, &["limit"]) || has(query, &["no", "data"]) {
        return Vec::new();
    }
    let old = sources(query).into_iter().find(|table| !scene.is_new(table));
    old.map(|table| many(scene, &table)).unwrap_or_default()
}

fn rows_under_lock(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(locked) = scene.history.locked.first().filter(|_| scene.file.in_transaction()) else {
        return Vec::new();
    };
    let changed = match scene.act() {
        Act::Update { table, .. } | Act::Delete { table, .. } => Some(table.clone()),
        Act::Merge { into, .. } => Some(into.clone()),
        Act::Insert { source, .. } if is_query(source) => {
            sources(source).into_iter().find(|table| !scene.is_new(table))
        }
        _ => None,
    };
    let Some(table) = changed else { return Vec::new() };
    let hits = many(scene, &table).into_iter();
    hits.map(|hit| hit.note(format!("{locked} is locked by a statement before"))).collect()
}

fn truncate(scene: &Scene<'_>) -> Vec<Hit> {
    let Act::Truncate { tables, cascade } = scene.act() else { return Vec::new() };
    let hit = tables.iter().find(|table| !scene.is_new(table)).map(Hit::on);
    let cascades = |hit: Hit| {
        if *cascade { hit.note("CASCADE empties every table that refers to it as well") } else { hit }
    };
    hit.map(cascades).into_iter().collect()
}
