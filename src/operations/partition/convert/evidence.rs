//! What the plans have to know of a table that is to be converted, that is half-way, or that was. Reads only.
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, anyhow, bail};

use crate::failure::Explain as _;
use crate::operations::partition::convert::added::{Added, added};
use crate::operations::partition::convert::names::{Mark, Names, is_own};
use crate::operations::partition::convert::terms::Key;
use crate::operations::partition::survey::{check_digits, ensure_may_create_in};
use crate::pg::catalog::{
    DependentObjects, ForeignKeyIn, Index, PartitionedTable, Properties, RelationKind, TableName, TableTree,
    dependent_objects, find_relations, indexes, names_in, partitioned_tables, properties, table_tree,
};
use crate::pg::disk::free_bytes;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{Fragment, List};
use crate::pg::state::ServerError;
use crate::pg::version::Version;
use crate::{ddl, query};

/// The first release in which the right to set a parameter can be granted.
const RIGHTS_ON_PARAMETERS: u32 = 15;

/// A table with all that hangs on it.
#[derive(Clone, Debug)]
pub struct Whole {
    pub oid: u32,
    pub relation: Relation,
    pub objects: DependentObjects,
    pub properties: Properties,
    pub indexes: Vec<Index>,
    /// A hash of all that, for a look under the lock.
    pub fingerprint: String,
}

/// A relation under one of the names that a conversion gives.
#[derive(Clone, Debug)]
pub struct Beside {
    pub oid: u32,
    pub relation: Relation,
    pub kind: String,
    pub mark: Option<Mark>,
    pub parent: Option<u32>,
}

/// Where a table stands on its way.
#[derive(Clone, Debug)]
pub enum Stage {
    /// An ordinary table, perhaps with what a run has prepared.
    Ordinary(u32),
    /// Converted: it is the partitioned table, and `legacy` was the table.
    Converted { table: u32, legacy: u32 },
}

impl Stage {
    /// The oid that the table has before and after, by which one run at a time is kept.
    pub const fn claim(&self) -> u32 {
        match self {
            Self::Ordinary(oid) => *oid,
            Self::Converted { legacy, .. } => *legacy,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Evidence {
    pub version: Version,
    pub whole: Whole,
    pub tree: TableTree,
    pub names: Names,
    pub legacy: Option<Beside>,
    pub shell: Option<Beside>,
    pub registry: Option<Beside>,
    /// Names of relations in the schema.
    pub taken: HashSet<(String, String)>,
    /// The shell with all that hangs on it, where one is there.
    pub shell_whole: Option<Whole>,
    /// The same with its partitions, and how many rows are in it.
    pub shell_table: Option<(PartitionedTable, u64)>,
    /// What hangs on the registry, where one is there.
    pub registry_objects: Option<DependentObjects>,
    /// What hangs on the tables that refer to it, by their oids.
    pub referring: HashMap<u32, DependentObjects>,
    /// What a run has given to them.
    pub added: Vec<Added>,
    /// Names of functions without parameters in the schema.
    pub functions: HashSet<String>,
    /// The role may keep triggers from firing for what it writes.
    pub may_silence: bool,
    /// Bytes that the server's disk has room for, where that is known.
    pub free: Option<u64>,
}

impl Evidence {
    /// Foreign keys to the table, pgtend's own left out.
    pub fn incoming(&self) -> impl Iterator<Item = &ForeignKeyIn> {
        self.whole.objects.referencing.iter().filter(|key| !is_own(&key.name))
    }
}

/// Where the values of the key lie.
#[derive(Clone, Debug)]
pub struct KeyEvidence {
    pub nulls: i64,
    /// The first of the key's ends beyond all rows. `None`: there are rows beyond all of them.
    pub end: Option<i64>,
    /// How many rows lie beyond, and the latest of them.
    pub beyond: Option<(i64, String)>,
}

/// Finds the table, and how far its conversion is.
///
/// # Errors
/// When there is no such table, or it is one that cannot be converted.
pub async fn stage(session: &Session, name: &TableName) -> anyhow::Result<(Relation, Stage)> {
    let found = find_relations(session, std::slice::from_ref(name))
        .await?
        .pop()
        .context("nothing was looked up")??;
    let relation = found.relation.clone();
    match found.kind {
        RelationKind::Table => Ok((relation, Stage::Ordinary(found.oid))),
        RelationKind::PartitionedTable => {
            let names = Names::of(&relation);
            let beside = beside(session, &names).await?;
            let legacy = beside.into_iter().find(|one| {
                one.relation == names.legacy
                    && one.parent == Some(found.oid)
                    && matches!(&one.mark, Some(Mark::Legacy { table, .. }) if *table == one.oid)
            });
            match legacy {
                Some(legacy) => Ok((relation, Stage::Converted { table: found.oid, legacy: legacy.oid })),
                None => {
                    let error = anyhow!("{} is a partitioned table already", relation.plain());
                    Err(error.hint(
                        "pgtend partition create makes the partitions that it lacks, pgtend partition undo makes it an \
                         ordinary table",
                    ))
                }
            }
        }
        other => bail!("{} is {}, not an ordinary table", relation.plain(), other.words()),
    }
}

pub async fn survey_convert(session: &Session, oid: u32) -> anyhow::Result<Evidence> {
    let tree = table_tree(session, oid).await?;
    let relation = tree.root().relation.clone();
    let names = Names::of(&relation);
    let mut found = beside(session, &names).await?;
    let mut take = |relation: &Relation| {
        let at = found.iter().position(|one| one.relation == *relation)?;
        Some(found.swap_remove(at))
    };
    let (legacy, shell, registry) = (take(&names.legacy), take(&names.shell), take(&names.registry));
    let registry_objects = match &registry {
        Some(registry) if registry.kind == "r" => Some(dependent_objects(session, registry.oid).await?),
        _ => None,
    };
    let shell_whole = match &shell {
        Some(shell) if shell.kind == "p" => Some(whole(session, shell.oid, &shell.relation).await?),
        _ => None,
    };
    let shell_table = match &shell_whole {
        Some(shell) => {
            let rows = rows_after(session, std::slice::from_ref(&shell.relation)).await?;
            partitioned_tables(session, Some(&[shell.oid])).await?.pop().map(|table| (table, rows))
        }
        None => None,
    };
    let whole = whole(session, oid, &relation).await?;
    let mut referring = HashMap::new();
    for key in whole.objects.referencing.iter().filter(|key| key.table_oid != oid) {
        if let Entry::Vacant(unread) = referring.entry(key.table_oid) {
            unread.insert(dependent_objects(session, key.table_oid).await?);
        }
    }
    Ok(Evidence {
        version: session.facts().version,
        whole,
        referring,
        added: added(session, oid).await?,
        functions: functions_in(session, &relation.schema).await?,
        may_silence: may_silence(session).await?,
        free: free_bytes(session, oid).await?,
        taken: names_in(session, &[relation.schema.raw().to_owned()]).await?,
        tree,
        names,
        legacy,
        shell,
        registry,
        shell_whole,
        shell_table,
        registry_objects,
    })
}

pub async fn whole(session: &Session, oid: u32, relation: &Relation) -> anyhow::Result<Whole> {
    let sql = ddl!("partition/convert/fingerprint_read.sql", fingerprint = fingerprint(oid));
    let rows =
        session.read(&sql).await.map_err(ServerError::explained).context("read what hangs on the table")?;
    let hash = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    Ok(Whole {
        oid,
        relation: relation.clone(),
        objects: dependent_objects(session, oid).await?,
        properties: properties(session, oid).await?,
        indexes: indexes(session, Some(&[oid])).await?,
        fingerprint: hash.context("the table is gone")?,
    })
}

/// The expression that gives the hash of a table and all that hangs on it.
pub(in crate::operations::partition) fn fingerprint(oid: u32) -> Fragment {
    Fragment(ddl!("partition/convert/fingerprint.sql", oid = oid))
}

async fn functions_in(session: &Session, schema: &Ident) -> anyhow::Result<HashSet<String>> {
    let query = query!("partition/convert/functions_in.sql");
    let rows = session.query(&query, &[&schema.raw()]).await.map_err(ServerError::explained)?;
    Ok(rows.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>()?)
}

async fn may_silence(session: &Session) -> anyhow::Result<bool> {
    let query = if session.facts().version.major() < RIGHTS_ON_PARAMETERS {
        query!("partition/convert/may_silence.sql")
    } else {
        query!("partition/convert/may_silence_15.sql")
    };
    let row = session.query(&query, &[]).await.map_err(ServerError::explained)?;
    Ok(row.first().context("the server gave no row")?.try_get("may")?)
}

async fn beside(session: &Session, names: &Names) -> anyhow::Result<Vec<Beside>> {
    let wanted: Vec<&str> = names.relations().iter().map(|relation| relation.name.raw()).collect();
    let rows = session
        .query(&query!("partition/convert/found.sql"), &[&names.shell.schema.raw(), &wanted])
        .await
        .map_err(ServerError::explained)?;
    rows.iter()
        .map(|row| {
            let comment: Option<String> = row.try_get("comment")?;
            Ok(Beside {
                oid: row.try_get("oid")?,
                relation: Relation::new(names.shell.schema.raw(), row.try_get::<_, String>("name")?)?,
                kind: row.try_get("kind")?,
                mark: Mark::of(comment.as_deref()),
                parent: row.try_get("parent")?,
            })
        })
        .collect()
}

/// Reads the key's column once, where no index serves. Also refuses a schema without the right to make tables in it.
pub async fn survey_key(
    session: &Session,
    table: &Relation,
    objects: &DependentObjects,
    key: &Key,
) -> anyhow::Result<KeyEvidence> {
    ensure_may_create_in(session, &table.schema).await?;
    let collation = objects.column(&key.column).and_then(|column| column.collation.clone());
    check_digits(session, key.kind, collation, &key.column).await?;
    let test = |end: &i64| {
        let bound = Literal(key.literal(*end)?);
        Ok(Fragment(ddl!("partition/convert/key_below.sql", bound = bound)))
    };
    let tests = key.ends.iter().map(test).collect::<anyhow::Result<Vec<_>>>()?;
    let sql = ddl!("partition/convert/key_facts.sql", table = *table, key = key.column, tests = List(&tests));
    let looking = || format!("look where the values of {} lie", key.column);
    let rows = session.read(&sql).await.map_err(ServerError::explained).with_context(looking)?;
    let row = rows.first().context("the server gave no row")?;
    let nulls = row.first().and_then(Option::as_deref).unwrap_or("0").parse()?;
    let below = row.iter().skip(1).position(|value| value.as_deref() == Some("t"));
    let end = below.and_then(|at| key.ends.get(at)).copied();
    let beyond =
        if end.is_none() { Some(beyond(session, table, key).await.with_context(looking)?) } else { None };
    Ok(KeyEvidence { nulls, end, beyond })
}

async fn beyond(session: &Session, table: &Relation, key: &Key) -> anyhow::Result<(i64, String)> {
    let last = key.ends.last().context("no periods")?;
    let bound = Literal(key.literal(*last)?);
    let sql = ddl!("partition/convert/key_beyond.sql", table = *table, key = key.column, bound = bound);
    let rows = session.read(&sql).await.map_err(ServerError::explained)?;
    let row = rows.into_iter().next().context("the server gave no row")?;
    let mut values = row.into_iter().map(Option::unwrap_or_default);
    Ok((values.next().unwrap_or_default().parse()?, values.next().unwrap_or_default()))
}

/// How many rows the partitions hold that did not come from the table itself, up to a limit.
pub async fn rows_after(session: &Session, partitions: &[Relation]) -> anyhow::Result<u64> {
    let mut all = 0;
    for partition in partitions {
        let sql = ddl!("partition/convert/count_rows.sql", table = *partition);
        let rows = session.read(&sql).await.map_err(ServerError::explained);
        let rows = rows.with_context(|| format!("count the rows of {}", partition.plain()))?;
        let count = rows.first().and_then(|row| row.first()).and_then(Option::as_deref);
        all += count.unwrap_or("0").parse::<u64>()?;
    }
    Ok(all)
}

impl Whole {
    pub fn columns(&self, numbers: &[i16]) -> anyhow::Result<Vec<Ident>> {
        let name = |number: &i16| {
            let column = self.objects.columns.iter().find(|column| column.number == *number);
            Ident::new(
                &column
                    .with_context(|| format!("{} has no column {number} any more", self.relation.plain()))?
                    .name,
            )
        };
        numbers.iter().map(name).collect()
    }
}

/// As [`Ident::new`], for each name.
pub(super) fn idents(names: &[String]) -> anyhow::Result<Vec<Ident>> {
    names.iter().map(Ident::new).collect()
}
