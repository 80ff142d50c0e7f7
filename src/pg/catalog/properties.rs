//! What a partition has that neither `LIKE` nor `PARTITION OF` gives to a new one.
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Clone, Debug, Deserialize)]
pub struct Properties {
    pub schema: String,
    pub name: String,
    pub owner: String,
    pub owner_is_me: bool,
    pub unlogged: bool,
    /// Absent for a partitioned table, which has no storage of its own.
    pub access_method: Option<String>,
    pub tablespace: Option<String>,
    /// `name=value`, those of the TOAST table with `toast.` before the name.
    pub storage: Vec<String>,
    pub replica_identity: ReplicaIdentity,
    /// The parent's index to which the replica identity's index belongs.
    pub replica_identity_index: Option<IndexName>,
    pub comment: Option<String>,
    pub row_security: bool,
    pub force_row_security: bool,
    pub policies: Vec<Policy>,
    pub statistics: Vec<StatisticsTarget>,
    pub column_options: Vec<ColumnOption>,
    pub grants: Vec<Grant>,
    /// To whom default privileges give something on a new table; `None` is PUBLIC.
    pub default_grantees: Vec<Option<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ReplicaIdentity {
    #[serde(rename = "d")]
    Default,
    #[serde(rename = "n")]
    Nothing,
    #[serde(rename = "f")]
    Full,
    #[serde(rename = "i")]
    Index,
}

#[derive(Clone, Debug, Deserialize)]
pub struct IndexName {
    pub schema: String,
    pub name: String,
}

/// A row security policy. Its expressions are the server's own rendering.
#[derive(Clone, Debug, Deserialize)]
pub struct Policy {
    pub name: String,
    pub permissive: bool,
    /// As in `pg_policy.polcmd`: `r`, `a`, `w`, `d` or `*`.
    pub command: String,
    /// Absent: every role.
    pub roles: Option<Vec<String>>,
    pub using: Option<String>,
    pub check: Option<String>,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct StatisticsTarget {
    pub column: String,
    pub target: i64,
}

/// `n_distinct` or `n_distinct_inherited`.
#[derive(Clone, Debug, Deserialize)]
pub struct ColumnOption {
    pub column: String,
    /// `name=value`
    pub option: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Grant {
    /// Absent: PUBLIC.
    pub role: Option<String>,
    pub privilege: String,
    pub grantable: bool,
    pub column: Option<String>,
}

pub async fn properties(session: &Session, oid: u32) -> anyhow::Result<Properties> {
    let rows = session
        .query(&query!("catalog/properties.sql"), &[&oid])
        .await
        .map_err(ServerError::explained)
        .context("read a partition's properties")?;
    let row = rows.first().context("the partition is gone")?;
    serde_json::from_value(row.try_get::<_, Value>("properties")?)
        .context("understand a partition's properties")
}
