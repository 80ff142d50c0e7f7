//! Indexes: built, rebuilt and dropped while others read and write.
use crate::operations::lint::catalog::{Index, Table};
use crate::operations::lint::history::same;
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work, when};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::{Act, CreateIndex, Reindex};
use crate::pg::version::Version;

pub const FAMILY: Family = Family {
    name: "indexes",
    rules: &[
        Rule {
            name: "index-not-concurrent",
            level: Level::Error,
            danger: "nobody can write to the table while the index is built",
            lock: "SHARE on the table, until the index is built and the transaction ends",
            instead: "CREATE INDEX CONCURRENTLY, in a file that begins with `-- pgtend: no-transaction`",
            waits: Waits::Writers,
            work: Work::Build,
            squawk: &["require-concurrent-index-creation"],
            look: Look::Statement(index_not_concurrent),
        },
        Rule {
            name: "drop-index-not-concurrent",
            level: Level::Warning,
            danger: "waits for every transaction on the table, and everybody waits behind it",
            lock: "ACCESS EXCLUSIVE on the table and the index, until the transaction ends",
            instead: "DROP INDEX CONCURRENTLY, in a file that begins with `-- pgtend: no-transaction`",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["require-concurrent-index-deletion"],
            look: Look::Statement(drop_index_not_concurrent),
        },
        Rule {
            name: "reindex-not-concurrent",
            level: Level::Error,
            danger: "nobody can write to the table, nor read by the index, while it is rebuilt",
            lock: "SHARE on the table and ACCESS EXCLUSIVE on the index, until it is rebuilt",
            instead: "REINDEX ... CONCURRENTLY, in a file that begins with `-- pgtend: no-transaction`",
            waits: Waits::Everybody,
            work: Work::Build,
            squawk: &["require-concurrent-reindex"],
            look: Look::Statement(reindex_not_concurrent),
        },
        Rule {
            name: "concurrently-if-not-exists",
            level: Level::Error,
            danger: "an interrupted build leaves an invalid index of this name, which IF NOT EXISTS then takes for done",
            lock: "none that matters",
            instead: "leave IF NOT EXISTS out; pgtend recognises an invalid index and builds it again",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(concurrently_if_not_exists),
        },
        Rule {
            name: "unnamed-index",
            level: Level::Warning,
            danger: "the server makes up the name, and a second run makes a second index",
            lock: "none that matters",
            instead: "name the index",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(unnamed_index),
        },
        Rule {
            name: "concurrently-on-partitioned",
            level: Level::Info,
            danger: "the server has no CREATE INDEX CONCURRENTLY for a partitioned table; pgtend builds it partition by partition",
            lock: "SHARE on the partitioned table for an instant; none that matters on its partitions",
            instead: "nothing: `pgtend migrate up` does it; other tools fail with SQLSTATE 0A000",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(concurrently_on_partitioned),
        },
        Rule {
            name: "concurrently-unsafe",
            level: Level::Error,
            danger: "PostgreSQL 14.0 to 14.3 can build a corrupt index concurrently",
            lock: "none that matters",
            instead: "update the server to 14.4 or newer first",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(concurrently_unsafe),
        },
        Rule {
            name: "duplicate-index",
            level: Level::Warning,
            danger: "an index that another one covers costs every write and serves no read",
            lock: "none that matters",
            instead: "leave out the one that the other covers, or drop it concurrently",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(duplicate_index),
        },
        Rule {
            name: "function-not-qualified",
            level: Level::Warning,
            danger: "since PostgreSQL 17 an index is built and rebuilt with search_path set to pg_catalog: the function is not found",
            lock: "none that matters",
            instead: "write the function with its schema",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(function_not_qualified),
        },
    ],
};

fn created<'a>(scene: &Scene<'a>) -> Option<&'a CreateIndex> {
    match scene.act() {
        Act::CreateIndex(index) => Some(index),
        _ => None,
    }
}

fn index_not_concurrent(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(index) = created(scene).filter(|index| !index.concurrently && !index.only) else {
        return Vec::new();
    };
    let hit = Hit::on(&index.table);
    let partitioned = scene.table(&index.table).is_some_and(Table::is_partitioned);
    vec![if partitioned { hit.note("it is built on every partition before any is let go") } else { hit }]
}

fn drop_index_not_concurrent(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::DropIndex { names, concurrently: false, .. } => {
            let old = names.iter().find(|name| !scene.history.made_index(name));
            old.map(Hit::on).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn reindex_not_concurrent(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::Reindex { target: Reindex::Many, concurrently: false, .. } => {
            vec![Hit::default().note("it goes over every table")]
        }
        Act::Reindex { name: Some(name), concurrently: false, .. } => {
            when(!scene.history.made_index(name), Hit::on(name))
        }
        _ => Vec::new(),
    }
}

fn concurrently_if_not_exists(scene: &Scene<'_>) -> Vec<Hit> {
    let applies = created(scene).is_some_and(|index| index.concurrently && index.if_not_exists);
    when(applies, Hit::default())
}

fn unnamed_index(scene: &Scene<'_>) -> Vec<Hit> {
    when(created(scene).is_some_and(|index| index.name.is_none()), Hit::default())
}

fn concurrently_on_partitioned(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(index) = created(scene).filter(|index| index.concurrently && !index.only) else {
        return Vec::new();
    };
    let partitioned = scene.history.partition_key(&index.table).is_some()
        || scene.table(&index.table).is_some_and(Table::is_partitioned);
    when(partitioned, Hit::default())
}

fn concurrently_unsafe(scene: &Scene<'_>) -> Vec<Hit> {
    let builds = matches!(
        scene.act(),
        Act::CreateIndex(CreateIndex { concurrently: true, .. }) | Act::Reindex { concurrently: true, .. }
    );
    let repaired = Version::supported(140_004).ok();
    let unsafe_server = scene.catalog.is_some_and(|catalog| repaired.is_some_and(|r| catalog.version < r));
    when(builds && unsafe_server, Hit::default())
}

fn duplicate_index(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(index) = created(scene).filter(|index| !index.only) else { return Vec::new() };
    let new = shape(index);
    let same_name = |other: &str| index.name.as_ref().is_some_and(|name| name.name == other);
    let made = scene.history.indexes.iter().filter(|other| same(&other.table, &index.table)).map(shape);
    let there: Vec<Index> = match scene.table(&index.table) {
        Some(table) => table.indexes.iter().filter(|other| other.valid).cloned().collect(),
        None => Vec::new(),
    };
    made.chain(there)
        .filter(|other| !same_name(&other.name))
        .find_map(|other| compare(&new, &other))
        .into_iter()
        .collect()
}

fn compare(new: &Index, other: &Index) -> Option<Hit> {
    if covers(other, new) {
        return Some(Hit::default().note(format!("{} covers it", other.name)));
    }
    let superfluous = Hit::default().level(Level::Info);
    covers(new, other).then(|| superfluous.note(format!("it makes {} superfluous", other.name)))
}

/// Every read that `less` serves, `more` serves as well, and `less` guards nothing that `more` does not.
fn covers(more: &Index, less: &Index) -> bool {
    let begins = more.keys.len() >= less.keys.len()
        && less.keys.iter().zip(&more.keys).all(|(a, b)| squeeze(a) == squeeze(b));
    let equal = more.keys.len() == less.keys.len();
    let predicate = |index: &Index| index.predicate.as_deref().map(squeeze);
    let guards = less.unique && !(more.unique && equal);
    let included =
        less.include.iter().all(|column| more.include.contains(column) || more.keys.contains(column));
    begins
        && (equal || more.method == "btree")
        && more.method == less.method
        && predicate(more) == predicate(less)
        && !guards
        && included
}

/// As the server and people write it, without what they may write differently: blanks, parentheses, casts.
fn squeeze(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"')).collect();
    let mut parts = bare.split("::");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| before + part.trim_start_matches(|c: char| c.is_ascii_alphabetic()))
}

fn shape(index: &CreateIndex) -> Index {
    Index {
        name: index
            .name
            .as_ref()
            .map_or_else(|| "an index without a name".to_owned(), |name| name.name.clone()),
        unique: index.unique,
        valid: true,
        method: index.method.clone(),
        keys: index.keys.clone(),
        include: index.include.clone(),
        predicate: index.predicate.clone(),
    }
}

fn function_not_qualified(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(index) = created(scene) else { return Vec::new() };
    let found = index.calls.iter().filter(|call| call.schema.is_none()).find(|call| {
        let outside = scene.catalog.and_then(|catalog| catalog.function(call)).is_some_and(|f| f.outside);
        outside || scene.history.functions.iter().any(|function| same(function, call))
    });
    found.map(|call| Hit::default().note(format!("the function is {call}"))).into_iter().collect()
}
