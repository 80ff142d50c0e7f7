//! The server's counters at one moment, with what tells whether they are still the same counters as at another.
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use crate::operations::report::{Read, Rights, one, rows, rows_of};
use crate::operations::stats::counters::{DatabaseWork, IndexWork, RelationWork, StatementWork};
use crate::operations::stats::fingerprint::{fingerprint, is_own};
use crate::pg::masked::masked;
use crate::pg::name::{Ident, Literal};
use crate::pg::session::Session;
use crate::pg::sql::{Keyword, Sql};
use crate::pg::state::ServerError;
use crate::{ddl, query};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reading {
    pub moment: Moment,
    /// None: pg_stat_statements could not be read.
    pub statements: Option<Statements>,
    pub relations: Vec<Relation>,
    pub indexes: Vec<Index>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Moment {
    pub at: DateTime<Utc>,
    /// Null where the role may not ask.
    pub system_identifier: Option<String>,
    pub standby: bool,
    pub database_oid: u32,
    pub server_version: u32,
    pub started_at: DateTime<Utc>,
    pub database_reset: Option<DateTime<Utc>>,
    pub bgwriter_reset: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub work: DatabaseWork,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Statements {
    #[serde(flatten)]
    pub since: Since,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Since {
    pub reset: DateTime<Utc>,
    pub evictions: f64,
    /// Entries that there is room for.
    pub most: f64,
}

/// One entry of pg_stat_statements.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub struct Entry {
    pub key: EntryKey,
    /// Of the text; none until that is known.
    pub fingerprint: Option<i64>,
    pub work: StatementWork,
    pub stddev_ms: f64,
    pub min_ms: f64,
    pub max_ms: f64,
    /// Since when it is counted; known since pg_stat_statements 1.11.
    pub since: Option<DateTime<Utc>>,
    pub own: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryKey {
    pub user_oid: u32,
    pub database_oid: u32,
    pub query_id: i64,
    pub toplevel: bool,
}

/// An entry as the store keeps it: there may be tens of thousands, and names would be most of them.
type Packed =
    ((u32, u32, i64, bool), Option<i64>, [f64; StatementWork::COUNT], [f64; 3], Option<DateTime<Utc>>, bool);

impl From<Entry> for Packed {
    fn from(entry: Entry) -> Self {
        let EntryKey { user_oid, database_oid, query_id, toplevel } = entry.key;
        (
            (user_oid, database_oid, query_id, toplevel),
            entry.fingerprint,
            entry.work.values(),
            [entry.stddev_ms, entry.min_ms, entry.max_ms],
            entry.since,
            entry.own,
        )
    }
}

impl From<Packed> for Entry {
    fn from((key, fingerprint, work, [stddev_ms, min_ms, max_ms], since, own): Packed) -> Self {
        let (user_oid, database_oid, query_id, toplevel) = key;
        Self {
            key: EntryKey { user_oid, database_oid, query_id, toplevel },
            fingerprint,
            work: StatementWork::of(work),
            stddev_ms,
            min_ms,
            max_ms,
            since,
            own,
        }
    }
}

impl Entry {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        const WORK: usize = 8;
        Ok(Self {
            key: EntryKey {
                user_oid: row.try_get(0)?,
                database_oid: row.try_get(1)?,
                query_id: row.try_get(2)?,
                toplevel: row.try_get(3)?,
            },
            fingerprint: None,
            work: StatementWork::of(values(row, WORK)?),
            stddev_ms: row.try_get(4)?,
            min_ms: row.try_get(5)?,
            max_ms: row.try_get(6)?,
            since: row.try_get(7)?,
            own: false,
        })
    }
}

/// The columns from one on, all of them numbers.
pub(super) fn values<const COUNT: usize>(
    row: &Row,
    first: usize,
) -> Result<[f64; COUNT], tokio_postgres::Error> {
    let mut values = [0.0; COUNT];
    for (offset, value) in values.iter_mut().enumerate() {
        *value = row.try_get(first + offset)?;
    }
    Ok(values)
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Relation {
    pub oid: u32,
    pub root: u32,
    #[serde(flatten)]
    pub work: RelationWork,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Index {
    pub oid: u32,
    pub root: u32,
    #[serde(flatten)]
    pub work: IndexWork,
}

/// What the texts that were read belong to.
pub type Texts = HashMap<i64, String>;

/// What a reading is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    pub statements: bool,
    pub relations: bool,
}

impl Scope {
    pub const ALL: Self = Self { statements: true, relations: true };
}

/// Reads the counters. The fingerprints of an `earlier` reading are taken over; the texts of what was not in it are
/// returned by fingerprint.
pub async fn read(
    session: &Session,
    rights: &Rights,
    scope: Scope,
    earlier: Option<&Reading>,
) -> Read<(Reading, Texts)> {
    let mut reading = count(session, rights, scope).await?;
    let texts = name(session, rights, &mut reading, earlier).await?;
    Ok((reading, texts))
}

/// Reads the counters without saying which statements they are of.
pub(super) async fn count(session: &Session, rights: &Rights, scope: Scope) -> Read<Reading> {
    let (wants_statements, wants_relations) = (scope.statements, scope.relations);
    let (moment, statements, relations, indexes) = tokio::join!(
        one(session, &query!("stats/moment.sql"), &[]),
        async { if wants_statements { read_statements(session, rights).await } else { Ok(None) } },
        async {
            if wants_relations {
                rows(session, &query!("stats/relations.sql"), &[]).await
            } else {
                Ok(Vec::new())
            }
        },
        async {
            if wants_relations {
                rows(session, &query!("stats/indexes.sql"), &[]).await
            } else {
                Ok(Vec::new())
            }
        },
    );
    Ok(Reading { moment: moment?, statements: statements?, relations: relations?, indexes: indexes? })
}

fn schema(rights: &Rights) -> Option<Ident> {
    Ident::new(rights.statements_schema.as_ref()?).ok()
}

/// `1.11` as `(1, 11)`.
fn version(rights: &Rights) -> Option<(u32, u32)> {
    let (major, minor) = rights.statements.as_ref()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

async fn read_statements(session: &Session, rights: &Rights) -> Read<Option<Statements>> {
    let (Some(schema), Some(version)) = (schema(rights), version(rights)) else { return Ok(None) };
    if version < (1, 9) {
        return Ok(None);
    }
    let entries = if version < (1, 11) {
        ddl!("stats/statements.sql", schema = schema)
    } else {
        ddl!("stats/statements_1_11.sql", schema = schema)
    };
    let since = ddl!("stats/statements_since.sql", schema = schema);
    let (since, entries) = tokio::join!(rows_of(session, &since), read_entries(session, &entries));
    match (since, entries) {
        (Ok(since), Ok(entries)) => {
            Ok(since.into_iter().next().map(|since: Since| Statements { since, entries }))
        }
        // Installed and not preloaded, or not for this role.
        (Err(error), _) | (_, Err(error)) if cannot_tell(&error) => Ok(None),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

async fn read_entries(session: &Session, sql: &Sql) -> Read<Vec<Entry>> {
    let rows = session.query_of(&sql.marked(), &[]).await?;
    rows.iter().map(|row| Entry::of(row).map_err(|error| ServerError::of(sql, &error))).collect()
}

fn cannot_tell(error: &ServerError) -> bool {
    error.is(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE) || error.is(&SqlState::INSUFFICIENT_PRIVILEGE)
}

/// Gives every entry the fingerprint of its text, and leaves out what pgtend asked itself.
pub(super) async fn name(
    session: &Session,
    rights: &Rights,
    reading: &mut Reading,
    earlier: Option<&Reading>,
) -> Read<Texts> {
    let Some(statements) = &mut reading.statements else { return Ok(Texts::default()) };
    let known: HashMap<i64, (i64, bool)> = earlier
        .and_then(|earlier| earlier.statements.as_ref())
        .into_iter()
        .flat_map(|statements| &statements.entries)
        .filter_map(|entry| Some((entry.key.query_id, (entry.fingerprint?, entry.own))))
        .collect();
    let unknown: BTreeSet<i64> = statements
        .entries
        .iter()
        .map(|entry| entry.key.query_id)
        .filter(|query_id| !known.contains_key(query_id))
        .collect();
    let mut texts = Texts::default();
    let mut found = known;
    if let (Some(schema), false) = (schema(rights), unknown.is_empty()) {
        for text in read_texts(session, &schema, &unknown, found.is_empty()).await? {
            let (fingerprint, own) = (fingerprint(&text.text), is_own(&text.text));
            found.insert(text.query_id, (fingerprint, own));
            // An application may say what pgtend says, too: then the text is the application's.
            if !own {
                texts.entry(fingerprint).or_insert_with(|| masked(&text.text).into_owned());
            }
        }
    }
    for entry in &mut statements.entries {
        if let Some((fingerprint, own)) = found.get(&entry.key.query_id) {
            (entry.fingerprint, entry.own) = (Some(*fingerprint), *own);
        }
    }
    Ok(texts)
}

#[derive(Deserialize)]
struct Text {
    query_id: i64,
    text: String,
}

async fn read_texts(session: &Session, schema: &Ident, wanted: &BTreeSet<i64>, all: bool) -> Read<Vec<Text>> {
    let ids: Vec<String> = wanted.iter().filter(|_| !all).map(ToString::to_string).collect();
    let wanted = Literal(format!("{{{}}}", ids.join(",")));
    let all = Keyword(if all { "true" } else { "false" });
    rows_of(session, &ddl!("stats/texts.sql", schema = schema.clone(), wanted = wanted, all = all)).await
}
