//! Whether anything below a materialized view has changed since it was refreshed: the counters, files and members of
//! its tables, noted before the refresh read them, against those of now. What a refresh has missed is counted later,
//! so that the next look finds it.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::operations::matview::Latest;
use crate::pg::catalog::{Basis, Matview, NodeKind};

/// What the tables below a view looked like at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    epoch: Option<String>,
    #[serde(default)]
    settings: Option<String>,
    /// By oid: what changes with a truncation, a rewrite or a new definition; and the rows written so far.
    nodes: BTreeMap<u32, (String, i64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Unchanged,
    /// `rows`: inserted, updated and deleted since, where they can be counted; `share`: of all rows below.
    Changed {
        rows: Option<i64>,
        share: Option<f64>,
    },
    /// Nobody can tell, and why.
    Unknown(String),
    /// The counters are the same, but a session may not have told them what it wrote since.
    Unreported(String),
}

impl Evidence {
    pub fn of(basis: &Basis) -> Self {
        let nodes = basis.nodes.iter().map(|node| (node.oid, (node.token.clone(), node.changes)));
        Self { epoch: basis.epoch.clone(), settings: basis.settings.clone(), nodes: nodes.collect() }
    }

    /// Rows written between this and a later state; `None` when it cannot be counted.
    fn rows_until(&self, later: &Basis) -> Option<i64> {
        if self.epoch.is_none() || self.epoch != later.epoch {
            return None;
        }
        let mut rows = 0;
        for node in &later.nodes {
            let (token, before) = self.nodes.get(&node.oid)?;
            let counted = matches!(node.kind, NodeKind::Table | NodeKind::PartitionedTable);
            if (token != &node.token && !counted) || node.changes < *before {
                return None;
            }
            rows += node.changes - before;
        }
        Some(rows)
    }
}

/// What has changed below a view since its last refresh.
pub fn change(view: &Matview, latest: Option<&Latest>) -> Change {
    let Some(latest) = latest else { return Change::Unknown("no refresh of it is logged".to_owned()) };
    let Some(evidence) = &latest.evidence else {
        return Change::Unknown("the log does not tell what it read".to_owned());
    };
    if latest.definition != view.definition {
        return Change::Unknown("it was made again".to_owned());
    }
    let now = Evidence::of(&view.basis);
    if let Some(doubt) = view.basis.doubts.first() {
        return Change::Unknown(doubt.clone());
    }
    if !view.basis.nodes.iter().any(|node| node.kind != NodeKind::View) {
        return Change::Unknown("it reads no table".to_owned());
    }
    if evidence.settings != now.settings {
        return Change::Unknown("the settings of the role or the database have changed".to_owned());
    }
    match (&evidence.epoch, &now.epoch) {
        (_, None) => return Change::Unknown("the server does not count (track_counts is off)".to_owned()),
        (before, after) if before != after => {
            return Change::Unknown("the server's counters began anew".to_owned());
        }
        _ if *evidence == now => return unreported(view, latest).unwrap_or(Change::Unchanged),
        _ => {}
    }
    let rows = evidence.rows_until(&view.basis);
    let all: f64 = view.basis.nodes.iter().map(|node| node.rows).sum();
    let share = rows.filter(|_| all > 0.0).map(|rows| rows as f64 / all);
    Change::Changed { rows, share }
}

/// What the last refresh has read was committed before; all that came after must be in the counters by now.
fn unreported(view: &Matview, latest: &Latest) -> Option<Change> {
    let last = view.basis.unreported.iter().find(|last| last.until > latest.started)?;
    Some(Change::Unreported(format!("{} may not have reported what it wrote", last.session)))
}

/// Rows changed below since, for people: also of a view whose result may change by itself.
pub fn changed_rows(view: &Matview, latest: Option<&Latest>) -> Option<i64> {
    latest?.evidence.as_ref()?.rows_until(&view.basis)
}
