//! Materialized views: what decides how each can be refreshed, what it reads, and what its copy would need.
use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::pg::catalog::Grant;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// A materialized view that exists.
#[derive(Clone, Debug, Deserialize)]
pub struct Matview {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub owner: String,
    pub populated: bool,
    /// The server's estimate; absent before the first ANALYZE.
    pub rows: Option<f64>,
    /// With indexes and TOAST; absent while it is locked.
    pub bytes: Option<i64>,
    pub locked: bool,
    /// Of its row in `pg_class`: another one after every refresh, by anybody.
    pub xmin: String,
    /// Of its rule: another one when it was made again.
    pub definition: Option<String>,
    pub dead_rows: Option<i64>,
    /// When the row in `pg_class` was written, where the server keeps times of commits.
    pub touched: Option<DateTime<Utc>>,
    /// A unique index serves `REFRESH ... CONCURRENTLY`.
    pub usable_index: bool,
    /// Unique indexes that do not serve, and why.
    pub useless_indexes: Vec<String>,
    pub may_refresh: bool,
    pub may_act_as_owner: bool,
    pub owner_may_create: bool,
    /// Objects that know the view by its oid, in words.
    pub dependents: Vec<String>,
    pub belongs: Option<String>,
    /// What a copy of it would not have.
    pub uncopied: Option<String>,
    /// What it reads. Filled in by [`matviews`].
    #[serde(skip)]
    pub basis: Basis,
}

/// What a view reads, directly and through other views, and why that may not tell all.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    pub nodes: Vec<Node>,
    /// Why its result may change although nothing below has.
    pub doubts: BTreeSet<String>,
    /// It calls functions of users, which may read tables that the catalog does not tell of.
    pub hides: bool,
    /// Of the server's counters; absent where it counts nothing.
    pub epoch: Option<String>,
    /// Those of the role and the database on which its result may depend.
    pub settings: Option<String>,
    /// Sessions that may have committed what the counters do not show, the latest first.
    pub unreported: Vec<Unreported>,
}

/// A session whose writes may not be counted yet.
#[derive(Clone, Debug)]
pub struct Unreported {
    pub pid: i32,
    /// What it committed later than this is counted, or was not committed.
    pub until: DateTime<Utc>,
    /// In words.
    pub session: String,
    /// When it was asked for, by the server's clock.
    pub asked: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub oid: u32,
    pub kind: NodeKind,
    pub name: String,
    pub token: String,
    /// Rows written since the statistics began.
    pub changes: i64,
    pub rows: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    Table,
    PartitionedTable,
    View,
    MaterializedView,
    ForeignTable,
    Sequence,
}

impl Matview {
    pub fn relation(&self) -> anyhow::Result<Relation> {
        Relation::new(&self.schema, &self.name)
    }
}

/// All materialized views, or those with these oids, with what they read. What sessions committed by `since`, or else by
/// now, is what they must have reported.
pub async fn matviews(
    session: &Session,
    oids: Option<&[u32]>,
    since: Option<DateTime<Utc>>,
) -> anyhow::Result<Vec<Matview>> {
    let oids = oids.map(<[u32]>::to_vec);
    let rows = session.query(&query!("matview/views.sql"), &[&oids]).await.map_err(ServerError::explained)?;
    let mut views: Vec<Matview> = rows
        .iter()
        .map(|row| serde_json::from_str(row.try_get("view")?).context("understand a materialized view"))
        .collect::<anyhow::Result<_>>()?;
    if views.is_empty() {
        return Ok(views);
    }
    let mut bases = bases(session, &views.iter().map(|view| view.oid).collect::<Vec<_>>(), since).await?;
    for view in &mut views {
        view.basis = bases.remove(&view.oid).unwrap_or_default();
    }
    Ok(views)
}

async fn bases(
    session: &Session,
    oids: &[u32],
    since: Option<DateTime<Utc>>,
) -> anyhow::Result<BTreeMap<u32, Basis>> {
    let (nodes, epoch) = (query!("matview/nodes.sql"), query!("matview/epoch.sql"));
    let unreported = query!("matview/unreported.sql");
    let (params, times): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 1]) = ([&oids], [&since]);
    // The epoch is asked for first: should the counters be reset in between, they do not seem to belong to the new one.
    // So are the sessions: one that has told everything by then is in the counters that follow.
    let (epoch, unreported, nodes) = tokio::join!(
        session.query(&epoch, &[]),
        session.query(&unreported, &times),
        session.query(&nodes, &params)
    );
    let unreported = unreported.map_err(ServerError::explained)?;
    let unreported = unreported.iter().map(unreported_by).collect::<anyhow::Result<_>>()?;
    let (epoch, nodes) = (epoch.map_err(ServerError::explained)?, nodes.map_err(ServerError::explained)?);
    let epoch = epoch.first().context("the server gave no row")?;
    let (epoch, settings) = (epoch.try_get("epoch")?, epoch.try_get("settings")?);
    let basis = Basis { epoch, settings, unreported, ..Basis::default() };
    let mut bases: BTreeMap<u32, Basis> = oids.iter().map(|oid| (*oid, basis.clone())).collect();
    let mut asked: BTreeSet<u32> = oids.iter().copied().collect();
    for row in &nodes {
        let basis = bases.entry(row.try_get("view")?).or_default();
        let node = node(row)?;
        match node.kind {
            NodeKind::ForeignTable => {
                basis.doubts.insert(format!("it reads the foreign table {}", node.name));
            }
            NodeKind::Sequence => {
                basis.doubts.insert(format!("it reads the sequence {}", node.name));
            }
            _ => {}
        }
        if row.try_get("row_security")? {
            basis.doubts.insert(format!("row security decides what it sees of {}", node.name));
        }
        if row.try_get("shared")? {
            basis.doubts.insert(format!("other databases write to {}", node.name));
        }
        if node.kind == NodeKind::View {
            asked.insert(node.oid);
        }
        basis.nodes.push(node);
    }
    let asked: Vec<u32> = asked.into_iter().collect();
    let doubts =
        session.query(&query!("matview/doubts.sql"), &[&asked]).await.map_err(ServerError::explained)?;
    for row in &doubts {
        let (oid, reason, own): (u32, String, bool) =
            (row.try_get("oid")?, row.try_get("reason")?, row.try_get("own")?);
        for (view, basis) in &mut bases {
            if *view == oid || basis.nodes.iter().any(|node| node.oid == oid && node.kind == NodeKind::View) {
                basis.doubts.insert(reason.clone());
                basis.hides |= own;
            }
        }
    }
    Ok(bases)
}

fn unreported_by(row: &Row) -> anyhow::Result<Unreported> {
    Ok(Unreported {
        pid: row.try_get("pid")?,
        until: row.try_get("until")?,
        session: row.try_get("session")?,
        asked: row.try_get("asked")?,
    })
}

fn node(row: &Row) -> anyhow::Result<Node> {
    let kind = match row.try_get("kind")? {
        "p" => NodeKind::PartitionedTable,
        "v" => NodeKind::View,
        "m" => NodeKind::MaterializedView,
        "f" => NodeKind::ForeignTable,
        "S" => NodeKind::Sequence,
        _ => NodeKind::Table,
    };
    Ok(Node {
        oid: row.try_get("oid")?,
        kind,
        name: row.try_get("name")?,
        token: row.try_get::<_, Option<String>>("token")?.unwrap_or_default(),
        changes: row.try_get("changes")?,
        rows: row.try_get("rows")?,
    })
}

/// What a copy of a view needs to be like it.
#[derive(Clone, Debug, Deserialize)]
pub struct Original {
    /// Another one after any change of the view or of what belongs to it.
    pub state: String,
    /// The query, as the server renders it.
    pub definition: String,
    pub indexes: Vec<OriginalIndex>,
    pub column_comments: Vec<ColumnComment>,
    /// Of the view, in an order in which they can be made; absent where nothing was ever granted or revoked.
    pub grants: Option<Vec<OriginalGrant>>,
    pub column_grants: Vec<OriginalGrant>,
    /// To whom the owner's default privileges give something; `None` is PUBLIC.
    pub default_grantees: Vec<Option<String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct OriginalIndex {
    pub oid: u32,
    pub name: String,
    pub unique: bool,
    pub clustered: bool,
    /// What follows `USING`, as the server renders it; absent when it is rendered in an unknown way.
    pub definition: Option<String>,
    pub comment: Option<String>,
    pub statistics: Vec<IndexStatistics>,
}

/// A statistics target of a column of an index on expressions.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct IndexStatistics {
    pub column: u32,
    pub target: i64,
}

/// A grant, and who gave it.
#[derive(Clone, Debug, Deserialize)]
pub struct OriginalGrant {
    pub grantor: String,
    #[serde(flatten)]
    pub grant: Grant,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ColumnComment {
    pub column: String,
    pub comment: String,
}

pub async fn original(session: &Session, oid: u32) -> anyhow::Result<Original> {
    let rows =
        session.query(&query!("matview/original.sql"), &[&oid]).await.map_err(ServerError::explained)?;
    let row = rows.first().context("the materialized view is gone")?;
    serde_json::from_str(row.try_get("original")?).context("understand a materialized view's definition")
}

/// A copy that an earlier swap has left.
#[derive(Clone, Debug)]
pub struct Leftover {
    pub oid: u32,
    pub relation: Relation,
    pub owner: String,
}

/// Copies that bear the comment, but for the view itself.
pub async fn leftovers(session: &Session, comment: &str, oid: u32) -> anyhow::Result<Vec<Leftover>> {
    let rows = session
        .query(&query!("matview/leftovers.sql"), &[&comment, &oid])
        .await
        .map_err(ServerError::explained)?;
    rows.iter()
        .map(|row| {
            let relation =
                Relation::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?)?;
            Ok(Leftover { oid: row.try_get("oid")?, relation, owner: row.try_get("owner")? })
        })
        .collect()
}

/// What a refresh has made of a view.
#[derive(Clone, Debug)]
pub struct Refreshed {
    pub oid: u32,
    pub xmin: String,
    pub definition: Option<String>,
    pub bytes: i64,
    /// The server's estimate.
    pub rows: Option<f64>,
    pub dead_rows: i64,
}

/// `None`: the view is gone.
pub async fn refreshed(session: &Session, view: &Matview) -> anyhow::Result<Option<Refreshed>> {
    let rows = session
        .query(&query!("matview/result.sql"), &[&view.schema, &view.name])
        .await
        .map_err(ServerError::explained)?;
    let read = |row: &Row| {
        Ok(Refreshed {
            oid: row.try_get("oid")?,
            xmin: row.try_get("xmin")?,
            definition: row.try_get("definition")?,
            bytes: row.try_get("bytes")?,
            rows: row.try_get("rows")?,
            dead_rows: row.try_get("dead_rows")?,
        })
    };
    rows.first().map(read).transpose()
}
