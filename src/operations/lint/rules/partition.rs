//! Partitions: attached, made and detached without holding up the partitioned table.
use crate::operations::lint::rule::{Family, Hit, Level, Look, Rule, Waits, Work, when};
use crate::operations::lint::scene::Scene;
use crate::operations::lint::statement::{Act, ActionKind, ConstraintKind};
use crate::pg::catalog::TableName;

pub const FAMILY: Family = Family {
    name: "partitions",
    rules: &[
        Rule {
            name: "attach-without-check",
            level: Level::Error,
            danger: "every row of the table is read to see whether it fits the bounds",
            lock: "ACCESS EXCLUSIVE on the table that is attached, until its rows are read; on the default partition as well",
            instead: "ADD CONSTRAINT ... CHECK (the bounds) NOT VALID, VALIDATE CONSTRAINT in a second file, ATTACH in a third",
            waits: Waits::Everybody,
            work: Work::Scan,
            squawk: &[],
            look: Look::Statement(attach_without_check),
        },
        Rule {
            name: "attach-beside-default-rows",
            level: Level::Error,
            danger: "every row of the default partition is read to see whether it belongs into the new one",
            lock: "ACCESS EXCLUSIVE on the default partition, until its rows are read",
            instead: "empty the default partition first, or prove by a valid CHECK on it that it holds no such row",
            waits: Waits::Everybody,
            work: Work::Scan,
            squawk: &[],
            look: Look::Statement(attach_beside_default_rows),
        },
        Rule {
            name: "partition-of-live-table",
            level: Level::Error,
            danger: "waits for every transaction on the partitioned table, and everybody waits behind it",
            lock: "ACCESS EXCLUSIVE on the partitioned table, until the transaction ends",
            instead: "`pgtend partition create`; or CREATE TABLE ... (LIKE ...), then ALTER TABLE ... ATTACH PARTITION",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(partition_of_live_table),
        },
        Rule {
            name: "detach-not-concurrent",
            level: Level::Error,
            danger: "waits for every transaction on the partitioned table, and everybody waits behind it",
            lock: "ACCESS EXCLUSIVE on the partitioned table and the partition, until the transaction ends",
            instead: "DETACH PARTITION ... CONCURRENTLY, in a file that begins with `-- pgtend: no-transaction`; or `pgtend partition drop`",
            waits: Waits::Everybody,
            work: Work::Catalog,
            squawk: &["require-concurrent-partition-detach"],
            look: Look::Statement(detach_not_concurrent),
        },
        Rule {
            name: "unique-without-partition-key",
            level: Level::Error,
            danger: "fails: a unique constraint on a partitioned table must hold every column that it is partitioned by",
            lock: "none",
            instead: "put the columns of PARTITION BY into the constraint, or keep the unique one on each partition",
            waits: Waits::Nobody,
            work: Work::Catalog,
            squawk: &[],
            look: Look::Statement(unique_without_partition_key),
        },
    ],
};

fn attach_without_check(scene: &Scene<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (table, action) in scene.actions() {
        if let ActionKind::Attach { partition, default: false } = &action.kind
            && !is_proved(scene, table, partition)
        {
            hits.push(Hit::on(partition).at(&action.span));
        }
    }
    hits
}

/// A valid check of the partition speaks of what the table is partitioned by.
fn is_proved(scene: &Scene<'_>, table: &TableName, partition: &TableName) -> bool {
    if scene.history.proved(partition).next().is_some() {
        return true;
    }
    let Some(known) = scene.table(partition) else { return false };
    let key = scene.table(table).map(|parent| parent.partition_key.as_slice()).unwrap_or_default();
    known.checks.iter().any(|check| key.iter().any(|column| check.contains(column.trim_matches('"'))))
}

fn attach_beside_default_rows(scene: &Scene<'_>) -> Vec<Hit> {
    let attached = scene.actions().filter(|(_, action)| matches!(action.kind, ActionKind::Attach { .. }));
    let mut parents: Vec<&TableName> = attached.map(|(table, _)| table).collect();
    if let Act::CreateTable(create) = scene.act() {
        parents.extend(&create.partition_of);
    }
    let with_rows = |table: &TableName| scene.table(table)?.default_partition.clone();
    let hit = |table: &TableName| {
        with_rows(table).map(|name| Hit::on(table).note(format!("the default partition is {name}")))
    };
    parents.into_iter().filter_map(hit).collect()
}

fn partition_of_live_table(scene: &Scene<'_>) -> Vec<Hit> {
    match scene.act() {
        Act::CreateTable(create) => create.partition_of.iter().map(Hit::on).collect(),
        _ => Vec::new(),
    }
}

fn detach_not_concurrent(scene: &Scene<'_>) -> Vec<Hit> {
    let detached = scene.actions().filter_map(|(table, action)| match &action.kind {
        ActionKind::Detach { partition, concurrently: false, finalize: false }
            if !scene.is_new(partition) =>
        {
            Some(Hit::on(table).at(&action.span))
        }
        _ => None,
    });
    detached.collect()
}

fn unique_without_partition_key(scene: &Scene<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (table, columns) in unique_columns(scene) {
        let key = match scene.history.partition_key(table) {
            Some(key) => key.to_vec(),
            None => {
                own_key(scene).or_else(|| Some(scene.table(table)?.partition_key.clone())).unwrap_or_default()
            }
        };
        let lacking: Vec<String> =
            key.into_iter().filter(|column| !columns.iter().any(|key| is_of(key, column))).collect();
        hits.extend(when(
            !lacking.is_empty(),
            Hit::default().note(format!("it lacks {}", lacking.join(", "))),
        ));
    }
    hits
}

/// The key is the column, whatever follows its name: an order, an operator class, `without overlaps`.
fn is_of(key: &str, column: &str) -> bool {
    key.strip_prefix(column).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn own_key(scene: &Scene<'_>) -> Option<Vec<String>> {
    match scene.act() {
        Act::CreateTable(create) => create.partition_by.clone(),
        _ => None,
    }
}

/// What the statement declares unique, each with its table.
fn unique_columns<'a>(scene: &Scene<'a>) -> Vec<(&'a TableName, Vec<String>)> {
    let of = |kind: &ConstraintKind| match kind {
        ConstraintKind::Unique { columns, using_index: false } => Some(columns.clone()),
        _ => None,
    };
    match scene.act() {
        Act::CreateTable(create) => {
            let columns = create.columns.iter().filter(|column| column.primary || column.unique);
            let columns = columns.map(|column| vec![column.name.clone()]);
            let constraints = create.constraints.iter().filter_map(|constraint| of(&constraint.kind));
            columns.chain(constraints).map(|columns| (&create.table, columns)).collect()
        }
        Act::CreateIndex(index) if index.unique => {
            vec![(&index.table, index.keys.clone())]
        }
        _ => scene
            .actions()
            .filter_map(|(table, action)| match &action.kind {
                ActionKind::AddConstraint(constraint) => Some((table, of(&constraint.kind)?)),
                _ => None,
            })
            .collect(),
    }
}
