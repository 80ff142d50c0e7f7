//! What the plans need to know of the database beyond the partitions themselves. Reads only.
use std::collections::HashMap;

use anyhow::{Context as _, anyhow, bail, ensure};

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::aside::{aside_name, standing};
use crate::operations::partition::convert::REGISTRY_TRIGGERS;
use crate::operations::partition::create::{Side, Wanted, conditions, first_value};
use crate::operations::partition::key::KeyKind;
use crate::operations::partition::replace::{ForeignKeyOut, foreign_keys_out, refers};
use crate::operations::partition::restore::Restoration;
use crate::operations::partition::retire::Retired;
use crate::operations::partition::stored::BaseType;
use crate::operations::partition::timeline::Timeline;
use crate::pg::catalog::{
    ForeignKeys, Found, Partition, PartitionedTable, Properties, RelationKind, TableName, Taken, cascades,
    dependent_objects, dependents, find_relations, foreign_keys, may_create_in, partitioned_tables,
    properties, sizes, taken_names,
};
use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{Deparsed, Fragment, List};
use crate::pg::state::ServerError;
use crate::plan::{ArchivedColumn, FileFormat};
use crate::{ddl, query};

/// The partitioned tables of a command: in the order asked for, each found or refused on its own.
pub type Survey = Vec<(TableName, anyhow::Result<PartitionedTable>)>;

/// Looks up tables by name; each is a partitioned table or an error that says what it is instead.
pub async fn survey_tables(session: &Session, names: &[TableName]) -> anyhow::Result<Survey> {
    let found = find_relations(session, names).await?;
    let found: Vec<anyhow::Result<Found>> =
        found.into_iter().map(|found| found.and_then(partitioned)).collect();
    let oids: Vec<u32> =
        found.iter().filter_map(|found| found.as_ref().ok().map(|found| found.oid)).collect();
    let tables = if oids.is_empty() { Vec::new() } else { partitioned_tables(session, Some(&oids)).await? };
    let mut by_oid: HashMap<u32, PartitionedTable> =
        tables.into_iter().map(|table| (table.oid, table)).collect();
    let answer = |found: anyhow::Result<Found>| {
        let found = found?;
        by_oid
            .remove(&found.oid)
            .with_context(|| format!("{} is named twice, or gone", found.relation.plain()))
    };
    let tables: Vec<anyhow::Result<PartitionedTable>> = found.into_iter().map(answer).collect();
    Ok(names.iter().cloned().zip(tables).collect())
}

fn partitioned(found: Found) -> anyhow::Result<Found> {
    ensure!(
        found.kind == RelationKind::PartitionedTable,
        "{} is {}, not a partitioned table",
        found.relation.plain(),
        found.kind.words()
    );
    Ok(found)
}

#[derive(Debug)]
pub struct CreateEvidence {
    pub server_major: u32,
    pub taken: Vec<Taken>,
    /// The newest partition's properties.
    pub sibling: Option<Properties>,
    pub parent: Properties,
    pub foreign_keys: ForeignKeys,
    /// Rows in the default partition for each wanted partition.
    pub default_rows: Vec<u64>,
    pub default_is_empty: bool,
}

pub async fn survey_create(
    session: &Session,
    timeline: &Timeline,
    wanted: &[Wanted],
) -> anyhow::Result<CreateEvidence> {
    let names: Vec<String> = wanted.iter().map(|one| one.relation.name.raw().to_owned()).collect();
    let schema = wanted.first().map_or(&timeline.table.relation.schema, |one| &one.relation.schema);
    if !wanted.is_empty() && timeline.table.owned {
        let creating = || format!("create partitions of {}", timeline.table.relation.plain());
        ensure_may_create_in(session, schema).await.with_context(creating)?;
    }
    let newest = timeline.newest().filter(|_| !wanted.is_empty());
    let sibling = match newest {
        Some(newest) => Some(properties(session, newest.partition.oid).await?),
        None => None,
    };
    let default_is_empty = match &timeline.default {
        Some(default) => is_empty(session, default).await?,
        None => true,
    };
    let default_rows = match &timeline.default {
        Some(default) if !default_is_empty && !wanted.is_empty() => {
            default_rows(session, timeline, default, wanted).await?
        }
        _ => Vec::new(),
    };
    check_collation(session, timeline).await?;
    Ok(CreateEvidence {
        server_major: session.facts().version.major(),
        taken: taken_names(session, schema, &names).await?,
        sibling,
        parent: properties(session, timeline.table.oid).await?,
        foreign_keys: keys(session, &timeline.table).await?,
        default_rows,
        default_is_empty,
    })
}

pub(super) async fn ensure_may_create_in(session: &Session, schema: &Ident) -> anyhow::Result<()> {
    match may_create_in(session, schema).await? {
        Some(true) => Ok(()),
        None => bail!("there is no schema {schema} for new partitions"),
        Some(false) => {
            let role = Ident::new(&session.facts().role)?;
            let error = anyhow!("role {role} may not make tables in schema {schema}").exit(Exit::Denied);
            Err(error.hint(format!("grant usage, create on schema {schema} to {role}")))
        }
    }
}

async fn keys(session: &Session, table: &PartitionedTable) -> anyhow::Result<ForeignKeys> {
    if table.references_out == 0 && table.references_in == 0 {
        return Ok(ForeignKeys::default());
    }
    foreign_keys(session, table.oid).await
}

/// No page on disk: then a scan is no scan.
pub(super) async fn is_empty(session: &Session, default: &Partition) -> anyhow::Result<bool> {
    let sql = ddl!("partition/default_pages.sql", oid = default.oid);
    let rows = session.read(&sql).await.map_err(ServerError::explained)?;
    Ok(text(&rows, 0) == Some("t"))
}

/// One count for each wanted partition. It is counted only when there is any such row at all.
async fn default_rows(
    session: &Session,
    timeline: &Timeline,
    default: &Partition,
    wanted: &[Wanted],
) -> anyhow::Result<Vec<u64>> {
    let name = &default.relation;
    let condition = conditions(timeline, wanted, Side::Inside)?;
    let any = ddl!("partition/default_any.sql", default = *name, condition = condition);
    let looking = || format!("look into the default partition {}", name.plain());
    let found = session.read(&any).await.map_err(ServerError::explained).with_context(looking)?;
    if text(&found, 0) != Some("t") {
        return Ok(vec![0; wanted.len()]);
    }
    let counts = wanted
        .iter()
        .map(|one| {
            let (lower, upper) = (first_value(timeline, one.range.lo)?, first_value(timeline, one.range.hi)?);
            let key = timeline.column.clone();
            Ok(Fragment(ddl!("partition/default_count.sql", key = key, lower = lower, upper = upper)))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let sql = ddl!("partition/default_rows.sql", counts = List(&counts), default = *name);
    let rows = session.read(&sql).await.map_err(ServerError::explained).with_context(looking)?;
    let row = rows.first().context("the server gave no count")?;
    row.iter().map(|count| Ok(count.as_deref().unwrap_or("0").parse()?)).collect()
}

/// Text keys: the column's collation must order the encoding's digits as their values.
async fn check_collation(session: &Session, timeline: &Timeline) -> anyhow::Result<()> {
    let collation = timeline.table.key.first().and_then(|key| key.collation.clone());
    check_digits(session, timeline.kind, collation, &timeline.column).await
}

/// As [`check_collation`], for any column.
pub(super) async fn check_digits(
    session: &Session,
    kind: KeyKind,
    collation: Option<String>,
    column: &Ident,
) -> anyhow::Result<()> {
    let (Some(digits), Some(collation)) = (kind.digits(), collation) else { return Ok(()) };
    let digits = String::from_utf8_lossy(digits).into_owned();
    let collation = Deparsed(collation);
    let sql = ddl!("partition/digits_in_order.sql", collation = collation, digits = Literal(digits.clone()));
    let rows =
        session.read(&sql).await.map_err(ServerError::explained).context("look at the key's collation")?;
    ensure!(
        text(&rows, 0) == Some(digits.as_str()),
        "the collation {collation} of column {column} does not keep the order of the encoding; ranges would mix the months"
    );
    Ok(())
}

#[derive(Debug)]
pub struct DropEvidence {
    pub foreign_keys: ForeignKeys,
    pub bytes: HashMap<u32, i64>,
    pub referencing_rows: Vec<ReferencingRows>,
    /// Tables that ON DELETE CASCADE reaches beyond those.
    pub cascades: Vec<Relation>,
    /// Of each partition that goes, by its oid, the columns that an archive holds; empty where none is wanted.
    pub columns: HashMap<u32, Vec<ArchivedColumn>>,
    /// What those are below their names, in the same order; empty where the archive does not depend on it.
    pub types: HashMap<u32, Vec<BaseType>>,
    /// What keeps partitions that are due from being dropped.
    pub dependents: Vec<String>,
    /// Of those that are due, which are being replaced by others.
    pub replaced: Vec<String>,
    /// Names that tables for set-aside rows cannot have.
    pub taken: Vec<Taken>,
    /// Of the partitioned table, where it is not this role.
    pub owner: Option<Ident>,
}

/// How many rows of a referencing table refer to a partition that is due.
#[derive(Debug)]
pub struct ReferencingRows {
    /// Index into [`ForeignKeys::referencing`].
    pub key: usize,
    pub partition: Relation,
    pub rows: u64,
}

pub async fn survey_drop(
    session: &Session,
    timeline: &Timeline,
    retired: &Retired<'_>,
    archive: Option<FileFormat>,
) -> anyhow::Result<DropEvidence> {
    let going = retired
        .due
        .iter()
        .map(|part| &part.partition)
        .chain(&timeline.pending)
        .chain(&timeline.table.stranded);
    let oids: Vec<u32> = going.map(|partition| partition.oid).collect();
    let foreign_keys = keys(session, &timeline.table).await?;
    let mut referencing_rows = Vec::new();
    for (key, referencing) in foreign_keys.referencing.iter().enumerate() {
        for part in &retired.due {
            let partition = part.partition.relation.clone();
            let columns: Vec<Column> = referencing.columns.iter().map(|c| Column("r", c.clone())).collect();
            let referenced: Vec<Column> =
                referencing.referenced_columns.iter().map(|c| Column("p", c.clone())).collect();
            let sql = ddl!(
                "partition/referencing_rows.sql",
                referencing = referencing.table,
                partition = partition,
                referenced_columns = List(&referenced),
                columns = List(&columns),
            );
            let rows = session.read(&sql).await.map_err(ServerError::explained);
            let rows = rows.with_context(|| format!("count the rows that refer to {}", partition.plain()))?;
            let rows = text(&rows, 0).unwrap_or("0").parse()?;
            referencing_rows.push(ReferencingRows { key, partition, rows });
        }
    }
    let cascades = if referencing_rows.iter().any(|found| found.rows > 0) {
        cascades(session, timeline.table.oid).await?
    } else {
        Vec::new()
    };
    let due: Vec<u32> = retired.due.iter().map(|part| part.partition.oid).collect();
    let dependents = if due.is_empty() { Vec::new() } else { dependents(session, &due).await? };
    let replaced = if due.is_empty() { Vec::new() } else { replaced(session, &due).await? };
    let bytes = if oids.is_empty() { HashMap::new() } else { sizes(session, &oids).await? };
    let columns = if archive.is_some() { columns(session, &oids).await? } else { HashMap::new() };
    let typed = archive == Some(FileFormat::Parquet);
    let types = if typed { types(session, &oids).await? } else { HashMap::new() };
    let taken = if archive.is_some() && !foreign_keys.referencing.is_empty() {
        names_for_asides(session, timeline, retired).await?
    } else {
        Vec::new()
    };
    let owner = &timeline.table.owner;
    let owner = (*owner != session.facts().role).then(|| Ident::new(owner)).transpose()?;
    Ok(DropEvidence {
        foreign_keys,
        bytes,
        referencing_rows,
        cascades,
        columns,
        types,
        dependents,
        replaced,
        taken,
        owner,
    })
}

async fn replaced(session: &Session, due: &[u32]) -> anyhow::Result<Vec<String>> {
    let rows = session.query(&query!("partition/replaced.sql"), &[&due]).await;
    let rows = rows.map_err(ServerError::explained).context("look for partitions that are being replaced")?;
    Ok(rows.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>()?)
}

/// Which names that tables for set-aside rows should have are taken, where such tables can be made at all.
async fn names_for_asides(
    session: &Session,
    timeline: &Timeline,
    retired: &Retired<'_>,
) -> anyhow::Result<Vec<Taken>> {
    let mut taken = Vec::new();
    for part in &retired.due {
        if standing(timeline, part.partition.oid).is_some() {
            continue;
        }
        let name = aside_name(&part.partition);
        let creating = || format!("set the rows of {} aside", part.partition.relation.plain());
        if timeline.table.owned {
            ensure_may_create_in(session, &name.schema).await.with_context(creating)?;
        }
        taken.extend(taken_names(session, &name.schema, &[name.name.raw().to_owned()]).await?);
    }
    Ok(taken)
}

/// What the plan to restore an archive has to know.
#[derive(Debug)]
pub struct RestoreEvidence {
    /// An interrupted restore of the same archive has made the table.
    pub begun: bool,
    /// And has given it foreign keys.
    pub refers: bool,
    /// The partitioned table's.
    pub foreign_keys: Vec<ForeignKeyOut>,
    /// Its keys stand in a registry that triggers keep.
    pub registry: bool,
    /// The partitioned table's.
    pub columns: Vec<ArchivedColumn>,
    pub create: CreateEvidence,
}

/// # Errors
/// When the name is taken by anything but an interrupted restore of the same archive.
pub async fn survey_restore(
    session: &Session,
    timeline: &Timeline,
    restoration: &Restoration<'_>,
) -> anyhow::Result<RestoreEvidence> {
    let relation = &restoration.relation;
    let rows = session
        .query(&query!("partition/restore_state.sql"), &[&relation.schema.raw(), &relation.name.raw()])
        .await
        .map_err(ServerError::explained)?;
    let begun: Option<u32> = match rows.first() {
        None => None,
        Some(row) => {
            let (comment, attached): (Option<String>, bool) =
                (row.try_get("comment")?, row.try_get("is_partition")?);
            let marked = comment.is_some_and(|comment| comment == restoration.mark());
            ensure!(
                marked && !attached,
                anyhow!("{} is there already; nothing was changed", relation.plain())
                    .hint("give the table another name with --as, or drop that one first")
            );
            Some(row.try_get("oid")?)
        }
    };
    let refers = match begun {
        Some(table) => refers(session, &[table]).await?,
        None => false,
    };
    let oid = timeline.table.oid;
    let create = survey_create(session, timeline, &[restoration.wanted(timeline)?]).await?;
    let columns = columns(session, &[oid]).await?.remove(&oid).unwrap_or_default();
    let foreign_keys = foreign_keys_out(session, oid).await?;
    let registry = restoration.attach && has_registry(session, oid).await?;
    Ok(RestoreEvidence { begun: begun.is_some(), refers, foreign_keys, registry, columns, create })
}

async fn has_registry(session: &Session, table: u32) -> anyhow::Result<bool> {
    let triggers = dependent_objects(session, table).await?.triggers;
    Ok(triggers.iter().any(|trigger| REGISTRY_TRIGGERS.contains(&trigger.name.as_str())))
}

/// The columns of tables as an archive holds them, by the tables' oids.
pub(super) async fn columns(
    session: &Session,
    oids: &[u32],
) -> anyhow::Result<HashMap<u32, Vec<ArchivedColumn>>> {
    let rows = session
        .query(&query!("partition/archive_columns.sql"), &[&oids])
        .await
        .map_err(ServerError::explained)
        .context("read the columns of the partitions")?;
    let mut columns: HashMap<u32, Vec<ArchivedColumn>> = HashMap::new();
    for row in rows {
        let column = ArchivedColumn {
            name: row.try_get("name")?,
            type_name: row.try_get("type")?,
            not_null: row.try_get("not_null")?,
            stored: None,
        };
        columns.entry(row.try_get("oid")?).or_default().push(column);
    }
    Ok(columns)
}

/// The types of those columns, in their order.
async fn types(session: &Session, oids: &[u32]) -> anyhow::Result<HashMap<u32, Vec<BaseType>>> {
    let rows = session
        .query(&query!("partition/archive_types.sql"), &[&oids])
        .await
        .map_err(ServerError::explained)
        .context("read the types of the partitions' columns")?;
    let mut types: HashMap<u32, Vec<BaseType>> = HashMap::new();
    for row in rows {
        let base = BaseType {
            oid: row.try_get("type")?,
            modifier: row.try_get("modifier")?,
            is_array: row.try_get("is_array")?,
            is_enum: row.try_get("is_enum")?,
        };
        types.entry(row.try_get("oid")?).or_default().push(base);
    }
    Ok(types)
}

/// What a default partition holds. `counted_all` is false where the count stopped at its limit.
#[derive(Clone, Debug)]
pub struct DefaultSample {
    pub rows: u64,
    pub counted_all: bool,
    pub first: Option<String>,
    pub last: Option<String>,
}

/// The default partition's rows, for a check. `None`: there is no default partition.
pub async fn survey_check(session: &Session, timeline: &Timeline) -> anyhow::Result<Option<DefaultSample>> {
    const LIMIT: u64 = 1_000_000;
    let Some(default) = &timeline.default else { return Ok(None) };
    let sql = ddl!("partition/default_sample.sql", default = default.relation, key = timeline.column);
    let rows = session
        .read(&sql)
        .await
        .map_err(ServerError::explained)
        .with_context(|| format!("look into the default partition {}", default.relation.plain()))?;
    let rows_found: u64 = text(&rows, 0).unwrap_or("0").parse()?;
    Ok(Some(DefaultSample {
        rows: rows_found.min(LIMIT),
        counted_all: rows_found <= LIMIT,
        first: text(&rows, 1).map(str::to_owned),
        last: text(&rows, 2).map(str::to_owned),
    }))
}

fn text(rows: &[Vec<Option<String>>], column: usize) -> Option<&str> {
    rows.first().and_then(|row| row.get(column)).and_then(Option::as_deref)
}
