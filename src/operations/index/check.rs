//! Which indexes should not be as they are, or are missing: findings, each with the SQL that mends it and the SQL that
//! takes that back. What a constraint, a foreign key or replication relies on is never proposed for dropping.
use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::ddl;
use crate::operations::index::cover::{Cover, cover, serves};
use crate::operations::index::list::{Logical, logical};
use crate::operations::index::name::{Taken, rebuilt_of, usual_name};
use crate::operations::index::steps::Text;
use crate::pg::catalog::{ForeignKeyColumns, Index, IndexKind, IndexUse};
use crate::pg::index::IndexDefinition;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::Sql;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    Invalid,
    Duplicate,
    Prefix,
    Unused,
    MissingForeignKeyIndex,
}

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub kind: FindingKind,
    pub table: String,
    /// Null where one is missing.
    pub index: Option<String>,
    pub text: String,
    pub size_bytes: Option<i64>,
    /// The pgtend command that mends it without stopping anybody.
    pub command: String,
    /// The same as SQL. On a partitioned table it locks the table for as long as it runs.
    pub sql: String,
    /// Takes that back; null where there is nothing worth having back.
    pub undo_sql: Option<String>,
}

/// What a check reads.
#[derive(Debug)]
pub struct CheckEvidence {
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKeyColumns>,
    pub used: IndexUse,
    pub taken: Taken,
}

#[derive(Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// What the findings cannot say.
    pub notes: Vec<String>,
}

/// `since`: an index that was not used for as long is an unused one.
///
/// # Errors
/// When no name can be made for a missing index, which its parts make impossible.
pub fn check(evidence: &CheckEvidence, now: DateTime<Utc>, since: TimeDelta) -> anyhow::Result<Report> {
    let all = logical(&evidence.indexes);
    let mut report = Report { notes: notes(evidence, &all), ..Report::default() };
    report.findings.extend(all.iter().filter_map(invalid));
    // A part that is not joined to the whole is told by itself, one that is joined with the whole.
    let mut told: HashSet<u32> = HashSet::new();
    for one in &all {
        if let Some(finding) = covered(one, &all) {
            told.insert(one.index.oid);
            report.findings.push(finding);
        }
    }
    match age(evidence, now) {
        Some(age) if age < since => report.notes.push(format!(
            "uses are counted since {} only: which indexes were not used for longer cannot be told (--since says how \
             long an index may be idle)",
            words(age)
        )),
        _ => {
            let free = all.iter().filter(|one| !told.contains(&one.index.oid));
            report.findings.extend(free.filter_map(|one| unused(one, now, since)));
        }
    }
    let mut taken = evidence.taken.clone();
    for key in &evidence.foreign_keys {
        report.findings.extend(missing(key, &all, &mut taken)?);
    }
    Ok(report)
}

fn notes(evidence: &CheckEvidence, all: &[Logical<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    let unread: Vec<String> = all
        .iter()
        .filter(|one| one.index.definition.is_none())
        .map(|one| one.index.relation.plain())
        .collect();
    if !unread.is_empty() {
        notes.push(format!("not compared, because a session locks the table: {}", unread.join(", ")));
    }
    if evidence.used.standby {
        notes.push("this is a standby: uses on the primary are not counted here".to_owned());
    }
    if evidence.used.standbys > 0 {
        notes.push(format!(
            "{} standbys count for themselves: an index that is unused here may serve them",
            evidence.used.standbys
        ));
    }
    if !evidence.used.sees_others {
        notes.push(
            "builds of other roles are not seen: an index may not be valid because it is being built (GRANT \
             pg_read_all_stats shows them)"
                .to_owned(),
        );
    }
    notes
}

fn age(evidence: &CheckEvidence, now: DateTime<Utc>) -> Option<TimeDelta> {
    evidence.used.since.map(|since| now - since)
}

fn words(age: TimeDelta) -> String {
    match (age.num_days(), age.num_hours()) {
        (0, 0) => format!("{} minutes", age.num_minutes()),
        (0, hours) => format!("{hours} hours"),
        (days, _) => format!("{days} days"),
    }
}

fn invalid(one: &Logical<'_>) -> Option<Finding> {
    let index = one.index;
    if index.valid || index.building {
        return None;
    }
    let name = index.relation.plain();
    let leftover = rebuilt_of(index.relation.name.raw()).is_some();
    let (text, sql) = match (leftover, index.partitioned) {
        (true, _) => ("left by an interrupted rebuild: never read, written with every row", drop_sql(index)),
        (_, true) => ("not valid: partitions' indexes are missing or not valid", reindex_sql(index)),
        _ => ("not valid: never read, written with every row", reindex_sql(index)),
    };
    let command = format!("pgtend index rebuild {}", quoted(&name));
    Some(finding(FindingKind::Invalid, one, text.to_owned(), command, &sql, None))
}

fn covered(one: &Logical<'_>, all: &[Logical<'_>]) -> Option<Finding> {
    if !droppable(one.index) || !one.index.valid {
        return None;
    }
    let same_table = all.iter().filter(|other| other.index.table_oid == one.index.table_oid);
    let mut found = same_table.filter_map(|other| Some((other, cover(one.index, other.index)?)));
    let (other, how) = found.next()?;
    let other = other.index.relation.plain();
    let (kind, text) = match how {
        Cover::Duplicate => (FindingKind::Duplicate, format!("says the same as {other}")),
        Cover::Prefix => {
            (FindingKind::Prefix, format!("{other} begins with the same columns and serves as well"))
        }
    };
    Some(dropping(kind, one, text))
}

fn unused(one: &Logical<'_>, now: DateTime<Utc>, since: TimeDelta) -> Option<Finding> {
    let index = one.index;
    if !droppable(index) || !index.valid || index.unique || index.kind == IndexKind::ExclusionConstraint {
        return None;
    }
    let text = match one.last_scan {
        // With no time to be idle for, only what was never used counts, as where the server keeps no last time.
        Some(last) if since > TimeDelta::zero() && now - last >= since => {
            format!("not used for {}", words(now - last))
        }
        None if one.scans == 0 => "never used since uses are counted".to_owned(),
        _ => return None,
    };
    Some(dropping(FindingKind::Unused, one, text))
}

fn droppable(index: &Index) -> bool {
    index.constraint.is_none() && !index.replica_identity && !index.referenced && index.definition.is_some()
}

fn missing(
    key: &ForeignKeyColumns,
    all: &[Logical<'_>],
    taken: &mut Taken,
) -> anyhow::Result<Option<Finding>> {
    let on_table = all.iter().filter(|one| one.index.table_oid == key.table_oid);
    if on_table.filter(|one| one.index.valid).any(|one| serves(one.index, &key.columns)) {
        return Ok(None);
    }
    let definition = IndexDefinition::btree(&key.columns, false)?;
    let name = usual_name(&key.table, &definition, taken)?;
    taken.insert((name.schema.raw().to_owned(), name.name.raw().to_owned()));
    let columns = key.columns.iter().map(Ident::plain).collect::<Vec<_>>().join(", ");
    let (table, referenced) = (key.table.plain(), key.referenced.plain());
    let text = format!(
        "no index on ({columns}) behind the foreign key {}: a row deleted from {referenced} reads all of {table}",
        key.name
    );
    let undo = ddl!("index/drop_concurrently.sql", name = name);
    let undo_plain = ddl!("index/drop.sql", name = name);
    Ok(Some(Finding {
        kind: FindingKind::MissingForeignKeyIndex,
        table: table.clone(),
        index: None,
        text,
        size_bytes: None,
        command: format!("pgtend index create {} --columns {}", quoted(&table), quoted(&columns)),
        sql: create_sql(&definition, &name, &key.table, key.partitioned).to_string(),
        undo_sql: Some(if key.partitioned { undo_plain } else { undo }.to_string()),
    }))
}

/// What is mended by dropping the index.
fn dropping(kind: FindingKind, one: &Logical<'_>, text: String) -> Finding {
    let index = one.index;
    let command = format!("pgtend index drop {}", quoted(&index.relation.plain()));
    let undo = index.definition.as_ref();
    let undo =
        undo.map(|definition| create_sql(definition, &index.relation, &index.table, index.partitioned));
    finding(kind, one, text, command, &drop_sql(index), undo)
}

fn finding(
    kind: FindingKind,
    one: &Logical<'_>,
    text: String,
    command: String,
    sql: &Sql,
    undo: Option<Sql>,
) -> Finding {
    Finding {
        kind,
        table: one.index.table.plain(),
        index: Some(one.index.relation.plain()),
        text,
        size_bytes: Some(one.bytes),
        command,
        sql: sql.to_string(),
        undo_sql: undo.map(|sql| sql.to_string()),
    }
}

fn drop_sql(index: &Index) -> Sql {
    if index.partitioned {
        ddl!("index/drop.sql", name = index.relation)
    } else {
        ddl!("index/drop_concurrently.sql", name = index.relation)
    }
}

fn reindex_sql(index: &Index) -> Sql {
    ddl!("index/reindex.sql", name = index.relation)
}

fn create_sql(definition: &IndexDefinition, name: &Relation, table: &Relation, partitioned: bool) -> Sql {
    let text = Text { definition, path: &[] };
    if partitioned { text.create(name, table) } else { text.build(name, table) }
}

/// As a shell takes one word.
fn quoted(word: &str) -> String {
    let simple = word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if simple { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
