//! What the plan has to know of the table, of the partitions that go, and of what an earlier run has left. Reads only.
use anyhow::{Context as _, anyhow, ensure};

use crate::ddl;
use crate::failure::Explain as _;
use crate::operations::partition::convert::{Whole, is_own, whole};
use crate::operations::partition::replace::mark::{Mark, Place, State, Verb};
use crate::operations::partition::replace::names::Names;
use crate::operations::partition::replace::order::{Order, Piece, Source};
use crate::operations::partition::replace::undo::{Registry, survey_registry};
use crate::operations::partition::survey::ensure_may_create_in;
use crate::operations::partition::timeline::Timeline;
use crate::pg::catalog::{
    Constraint, DependentObjects, ForeignKeyIn, Index, PartitionedTable, Taken, dependent_objects,
    dependents, indexes, taken_names,
};
use crate::pg::disk::free_bytes;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{Fragment, List, Sql};
use crate::pg::state::ServerError;
use crate::query;

/// What earlier runs have left.
#[derive(Clone, Debug, Default)]
pub struct Left {
    pub begun: Option<Begun>,
    /// Tables that were partitions, and are to go.
    pub old: Vec<(u32, Relation)>,
}

/// Work that is not at its end.
#[derive(Clone, Debug)]
pub struct Begun {
    pub verb: Verb,
    pub sources: Vec<u32>,
    /// The fingerprint that the table had, where the new one has to be like the table.
    pub fingerprint: Option<String>,
    /// New tables that are no partitions yet.
    pub pieces: Vec<NewTable>,
    /// They have foreign keys.
    pub refers: bool,
}

/// A table that a run has made.
#[derive(Clone, Debug)]
pub struct NewTable {
    pub oid: u32,
    pub piece: Piece,
    pub state: State,
}

impl ReplaceEvidence {
    /// What the new tables are like.
    pub fn model(&self) -> Option<&Whole> {
        if self.undo { Some(&self.table) } else { self.sources.first() }
    }

    /// Foreign keys to the table, or to its registry where that goes.
    pub fn incoming(&self) -> impl Iterator<Item = &ForeignKeyIn> {
        let registry = self.registry.iter().flat_map(|registry| &registry.objects.referencing);
        self.table.objects.referencing.iter().chain(registry)
    }

    /// Bytes for the copies that are still to be made, by the size of what they are copies of. WAL comes on top.
    pub(super) fn bytes_needed(&self, order: &Order) -> u64 {
        let begun = self.left.begun.as_ref().filter(|_| self.outdated.is_none());
        let ready = begun.map_or(0, Begun::ready);
        let pieces = order.pieces.len().max(1) as u64;
        self.bytes.unsigned_abs() / pieces * (pieces - pieces.min(ready as u64))
    }
}

impl Begun {
    /// How many of the new tables are filled.
    pub fn ready(&self) -> usize {
        self.pieces.iter().filter(|one| one.state == State::Ready).count()
    }
}

impl Left {
    pub fn refers(&self) -> bool {
        self.begun.as_ref().is_some_and(|begun| begun.refers)
    }
}

#[derive(Debug)]
pub struct ReplaceEvidence {
    pub left: Left,
    pub names: Names,
    /// The partitioned table itself goes, with all its partitions.
    pub undo: bool,
    pub table: Whole,
    /// The table's registry of keys, where that goes with the partitions.
    pub registry: Option<Registry>,
    pub sources: Vec<Whole>,
    pub foreign_keys: Vec<ForeignKeyOut>,
    /// What stands in the way of each source.
    pub in_the_way: Vec<String>,
    pub dependents: Vec<String>,
    pub taken: Vec<Taken>,
    /// Why all has to be copied again: TRUNCATE has emptied a partition, a change was not noted, or the table has changed.
    pub outdated: Option<&'static str>,
    /// The planner's estimate of the rows of the sources, and their bytes.
    pub rows: f64,
    pub bytes: i64,
    /// Bytes that the server's disk has room for, where that is known.
    pub free: Option<u64>,
    pub default_is_empty: bool,
}

/// A foreign key of the partitioned table.
#[derive(Clone, Debug)]
pub struct ForeignKeyOut {
    pub name: Ident,
    pub referenced: Relation,
    pub definition: String,
    pub validated: bool,
    /// Rows that refer keep the referred row from going or changing.
    pub refuses: bool,
}

/// A relation that bears a mark.
#[derive(Debug)]
pub struct Marked {
    pub oid: u32,
    pub relation: Relation,
    /// Of which it is a partition.
    pub parent: Option<u32>,
    pub mark: Mark,
    /// What the comment says besides.
    pub rest: Option<String>,
}

/// Everything that runs have left, of whatever table.
pub(super) async fn marked(session: &Session) -> anyhow::Result<Vec<Marked>> {
    let rows = session
        .query(&query!("partition/replace/found.sql"), &[])
        .await
        .map_err(ServerError::explained)
        .context("look for what an earlier run has left")?;
    let mut all = Vec::new();
    for row in rows {
        let comment: String = row.try_get("comment")?;
        let Some(mark) = Mark::of(&comment) else { continue };
        let relation = Relation::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?)?;
        let rest = comment.split_once('\n').map(|(_, rest)| rest.to_owned());
        all.push(Marked { oid: row.try_get("oid")?, relation, parent: row.try_get("parent")?, mark, rest });
    }
    Ok(all)
}

/// Looks for what earlier runs have left of this table.
pub async fn left(session: &Session, table: &PartitionedTable) -> anyhow::Result<Left> {
    let (mut changes, mut pieces, mut left) = (None, Vec::new(), Left::default());
    let all = marked(session).await?;
    for Marked { oid, relation, parent, mark, rest } in
        all.into_iter().filter(|one| one.mark.parent() == table.oid)
    {
        match mark {
            Mark::Delta { verb, sources, .. } => changes = Some((verb, sources, rest)),
            Mark::New { place, takes, state, .. } if parent.is_none() => {
                let takes = Some(takes).filter(|takes| *takes != 0);
                let piece = Piece { relation, place, takes, rows: None };
                pieces.push(NewTable { oid, piece, state });
            }
            Mark::Old { .. } if parent.is_none() => left.old.push((oid, relation)),
            _ => {}
        }
    }
    if let Some((verb, sources, fingerprint)) = changes {
        let oids: Vec<u32> = pieces.iter().map(|one| one.oid).collect();
        let refers = refers(session, &oids).await?;
        left.begun = Some(Begun { verb, sources, fingerprint, pieces, refers });
    }
    Ok(left)
}

/// Any of the tables has a foreign key.
pub(in crate::operations::partition) async fn refers(
    session: &Session,
    oids: &[u32],
) -> anyhow::Result<bool> {
    let rows = session.query(&query!("partition/replace/refers.sql"), &[&oids]).await;
    let rows = rows.map_err(ServerError::explained)?;
    Ok(rows.first().context("the server gave no row")?.try_get("refers")?)
}

impl Begun {
    /// The order as it was given. `None`: the partitions are replaced by now. `whole`: none of them may be gone.
    ///
    /// # Errors
    /// When some of the partitions are gone.
    pub fn order(&self, timeline: &Timeline, whole: bool) -> anyhow::Result<Option<Order>> {
        let ranges = timeline.parts.iter().map(|part| (&part.partition, Place::Range(part.range)));
        let default = timeline.default.iter().map(|partition| (partition, Place::Default));
        let all: Vec<_> = ranges.chain(default).collect();
        let source = |oid: &u32| {
            let (partition, place) = all.iter().find(|(partition, _)| partition.oid == *oid)?;
            Some(Source { partition: (*partition).clone(), place: *place })
        };
        let sources: Vec<Source> = self.sources.iter().filter_map(source).collect();
        if sources.is_empty() {
            return Ok(None);
        }
        ensure!(
            !whole || sources.len() == self.sources.len(),
            anyhow!("some of the partitions that an earlier run has begun to {} are gone", self.verb.word())
                .hint("take back what it has prepared with --abort")
        );
        let added = all.iter().find(|(partition, _)| !self.sources.contains(&partition.oid));
        if let (Some((added, _)), Verb::Undo, true) = (added, self.verb, whole) {
            let added = added.relation.plain();
            return Err(anyhow!(
                "partition {added} has come since an earlier run began; nothing was changed"
            )
            .hint("take back what that has prepared with --abort, and begin again"));
        }
        let mut pieces: Vec<Piece> = self.pieces.iter().map(|one| one.piece.clone()).collect();
        pieces.sort_by_key(|piece| match piece.place {
            Place::Range(range) => (range.lo, range.hi),
            Place::Default => (i64::MAX, i64::MAX),
            Place::Whole => (i64::MIN, i64::MAX),
        });
        Ok(Some(Order { verb: self.verb, sources, pieces, notes: Vec::new() }))
    }
}

pub async fn survey_replace(
    session: &Session,
    timeline: &Timeline,
    order: Option<&Order>,
    left: Left,
) -> anyhow::Result<ReplaceEvidence> {
    let nothing = Order::nothing();
    let order = order.unwrap_or(&nothing);
    let (relation, oid) = (&timeline.table.relation, timeline.table.oid);
    let names = Names::of(relation, oid)?;
    if timeline.table.owned && left.begun.is_none() {
        for schema in [&relation.schema].into_iter().chain(order.pieces.iter().map(|p| &p.relation.schema)) {
            ensure_may_create_in(session, schema).await?;
        }
    }
    let oids: Vec<u32> = order.sources.iter().map(|source| source.partition.oid).collect();
    let mut sources = Vec::new();
    for source in &order.sources {
        sources.push(whole(session, source.partition.oid, &source.partition.relation).await?);
    }
    let (rows, bytes) = sizes(session, &oids).await?;
    let free = match oids.first() {
        Some(source) => free_bytes(session, *source).await?,
        None => None,
    };
    let table = whole(session, oid, relation).await?;
    let undo = order.is_undo();
    let registry = if undo { survey_registry(session, &table).await? } else { None };
    let outdated = match &left.begun {
        Some(begun) => match missed(session, &names, &oids).await? {
            Some(why) => Some(why),
            None if undo => outdated_whole(begun, &table),
            None => outdated(session, begun, &sources).await?,
        },
        None => None,
    };
    let mut taken = Vec::new();
    if left.begun.is_none() {
        for piece in &order.pieces {
            let name = [piece.relation.name.raw().to_owned()];
            taken.extend(taken_names(session, &piece.relation.schema, &name).await?);
        }
    }
    let default_is_empty = match &timeline.default {
        Some(default) => crate::operations::partition::survey::is_empty(session, default).await?,
        None => true,
    };
    Ok(ReplaceEvidence {
        names,
        undo,
        table,
        registry,
        sources,
        foreign_keys: foreign_keys_out(session, oid).await?,
        in_the_way: in_the_way(session, order, oid).await?,
        dependents: if oids.is_empty() { Vec::new() } else { dependents(session, &oids).await? },
        taken,
        outdated,
        rows,
        bytes,
        free,
        default_is_empty,
        left,
    })
}

async fn sizes(session: &Session, oids: &[u32]) -> anyhow::Result<(f64, i64)> {
    let rows = session.query(&query!("partition/replace/sizes.sql"), &[&oids]).await;
    let rows = rows.map_err(ServerError::explained).context("read the sizes of the partitions")?;
    let row = rows.first().context("the server gave no row")?;
    let (rows, bytes): (Option<f64>, Option<i64>) = (row.try_get("rows")?, row.try_get("bytes")?);
    Ok((rows.unwrap_or(0.0), bytes.unwrap_or(0)))
}

/// What was copied may not be what is wanted any more.
async fn outdated(
    session: &Session,
    begun: &Begun,
    sources: &[Whole],
) -> anyhow::Result<Option<&'static str>> {
    let Some(source) = sources.first() else { return Ok(None) };
    let columns = |objects: &DependentObjects| {
        let all = objects.columns.iter();
        all.map(|one| (one.name.clone(), one.type_name.clone(), one.not_null, one.generated))
            .collect::<Vec<_>>()
    };
    for new in &begun.pieces {
        let objects = dependent_objects(session, new.oid).await?;
        let built = indexes(session, Some(&[new.oid])).await?;
        let has = |index: &Index| built.iter().any(|one| one.definition == index.definition);
        let indexed = new.state == State::Begun || source.indexes.iter().all(has);
        let checked = checks(&source.objects).all(|check| checks(&objects).any(|one| one.name == check.name));
        if columns(&objects) != columns(&source.objects) || !indexed || !checked {
            return Ok(Some("the table has changed"));
        }
    }
    Ok(None)
}

/// The new table is made of all that the partitioned one has, and nothing checks that later.
fn outdated_whole(begun: &Begun, table: &Whole) -> Option<&'static str> {
    let same = begun.fingerprint.as_ref() == Some(&table.fingerprint);
    (!same).then_some("the table has changed")
}

/// pgtend's own left out.
fn checks(objects: &DependentObjects) -> impl Iterator<Item = &Constraint> {
    objects.constraints.iter().filter(|one| one.kind == "c" && !is_own(&one.name))
}

/// What the list of changed keys cannot tell.
async fn missed(session: &Session, names: &Names, sources: &[u32]) -> anyhow::Result<Option<&'static str>> {
    if is(session, &ddl!("partition/replace/is_truncated.sql", delta = names.delta)).await? {
        return Ok(Some("TRUNCATE has emptied a partition"));
    }
    let noted = is(session, &ddl!("partition/replace/is_noted.sql", noted = noted(sources))).await?;
    Ok((!noted).then_some("a trigger that notes changes was disabled"))
}

/// The expression that tells whether changes of these tables were noted all the time.
pub(super) fn noted(sources: &[u32]) -> Fragment {
    Fragment(ddl!("partition/replace/noted.sql", tables = List(sources)))
}

async fn is(session: &Session, question: &Sql) -> anyhow::Result<bool> {
    let rows = session.read(question).await.map_err(ServerError::explained)?;
    Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("t"))
}

pub(in crate::operations::partition) async fn foreign_keys_out(
    session: &Session,
    oid: u32,
) -> anyhow::Result<Vec<ForeignKeyOut>> {
    let rows = session.query(&query!("partition/replace/foreign_keys.sql"), &[&oid]).await;
    let rows = rows.map_err(ServerError::explained).context("read the foreign keys")?;
    rows.iter()
        .map(|row| {
            Ok(ForeignKeyOut {
                name: Ident::new(row.try_get::<_, String>("name")?)?,
                referenced: Relation::new(
                    row.try_get::<_, String>("schema")?,
                    row.try_get::<_, String>("table")?,
                )?,
                definition: row.try_get("definition")?,
                validated: row.try_get("validated")?,
                refuses: row.try_get("refuses")?,
            })
        })
        .collect()
}

/// A reason that several of the partitions have is told once.
async fn in_the_way(session: &Session, order: &Order, table: u32) -> anyhow::Result<Vec<String>> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for source in &order.sources {
        let oid = source.partition.oid;
        let mut rows = session
            .query(&query!("partition/replace/in_the_way.sql"), &[&oid, &table])
            .await
            .map_err(ServerError::explained)?;
        if session.facts().version.major() >= 15 {
            let schema = query!("partition/replace/in_the_way_schema.sql");
            rows.extend(session.query(&schema, &[&oid]).await.map_err(ServerError::explained)?);
        }
        for row in rows {
            let reason: String = row.try_get("reason")?;
            let name = source.partition.relation.plain();
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push(name),
                None => reasons.push((reason, vec![name])),
            }
        }
    }
    let mut told: Vec<String> =
        reasons.into_iter().map(|(reason, names)| format!("{}: {reason}", few(&names))).collect();
    if order.is_undo() {
        let whole = query!("partition/replace/in_the_way_whole.sql");
        let rows = session.query(&whole, &[&table]).await.map_err(ServerError::explained)?;
        for row in rows {
            told.push(row.try_get("reason")?);
        }
    }
    Ok(told)
}

/// Names for people, not all of many.
pub(super) fn few(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if rest.len() > 1 => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}
