//! What `matview list` tells of each view.
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::operations::matview::choose::{not_concurrent, not_swap};
use crate::operations::matview::freshness::changed_rows;
use crate::operations::matview::{Change, Choice, History, Order, Wish, change, choose};
use crate::pg::catalog::{Matview, NodeKind};
use crate::pg::version::Version;

#[derive(Clone, Debug, Serialize)]
pub struct MatviewRow {
    pub view: String,
    /// 0: it reads no other materialized view.
    pub level: usize,
    /// With indexes and TOAST; null while it is locked.
    pub size_bytes: Option<i64>,
    pub rows_estimate: Option<f64>,
    pub populated: bool,
    pub concurrent: bool,
    /// Why it cannot be refreshed concurrently.
    pub not_concurrent: Option<String>,
    /// Why no copy can take its place.
    pub not_swap: Option<String>,
    /// When the last refresh began that is known of, or ended when another program did it.
    pub refreshed: Option<String>,
    /// `pgtend`, or `other`: its row in the catalog was written after our last refresh.
    pub refreshed_by: Option<&'static str>,
    pub age_s: Option<i64>,
    /// Below, since our last refresh; null where it cannot be counted.
    pub changed_rows: Option<i64>,
    /// `unchanged`, `changed`, or `unknown`
    pub change: &'static str,
    /// Why nobody can tell whether it would change.
    pub unknown_because: Option<String>,
    /// Of the last refreshes, oldest first.
    pub durations_ms: Vec<f64>,
    /// Materialized views that it reads, through other views too.
    pub reads: Vec<String>,
    /// It calls functions of users, which may read what the catalog does not tell of: `after` in the configuration.
    pub calls_functions: bool,
    /// `concurrent`, `plain`, `swap`, `skip`, or `fail`
    pub next: &'static str,
    pub next_because: String,
}

/// `now` is the server's.
pub fn matview_row(
    view: &Matview,
    order: &Order,
    history: &History,
    wish: &Wish,
    now: DateTime<Utc>,
    version: Version,
) -> MatviewRow {
    let latest = history.of(view);
    let change = change(view, latest);
    let (next, next_because) = match choose(view, &change, latest, wish, now, version) {
        Ok(Choice::Refresh { way, reason }) => (way.word(), reason),
        Ok(Choice::Skip { reason }) => ("skip", reason),
        Err(error) => ("fail", error.to_string()),
    };
    let ours = latest.is_some_and(|latest| latest.view_xmin.as_ref() == Some(&view.xmin));
    let (refreshed, refreshed_by) = match (latest, view.touched) {
        (Some(latest), _) if ours => (Some(latest.started), Some("pgtend")),
        (_, Some(touched)) if view.populated => (Some(touched), Some("other")),
        (Some(latest), _) => (Some(latest.started), Some("pgtend")),
        (None, _) => (None, None),
    };
    let (word, unknown_because) = match &change {
        Change::Unchanged => ("unchanged", None),
        Change::Changed { .. } => ("changed", None),
        Change::Unknown(why) | Change::Unreported(why) => ("unknown", Some(why.clone())),
    };
    let below = view.basis.nodes.iter().filter(|node| node.kind == NodeKind::MaterializedView);
    let concurrent = not_concurrent(view);
    MatviewRow {
        view: view.relation().map_or_else(|_| view.name.clone(), |relation| relation.plain()),
        level: order.level(view.oid),
        size_bytes: view.bytes,
        rows_estimate: view.rows,
        populated: view.populated,
        concurrent: concurrent.is_none(),
        not_concurrent: concurrent,
        not_swap: not_swap(view),
        refreshed: refreshed.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        refreshed_by,
        age_s: refreshed.map(|at| (now - at).num_seconds().max(0)),
        changed_rows: changed_rows(view, latest),
        change: word,
        unknown_because,
        durations_ms: latest.map(|latest| latest.durations_ms.clone()).unwrap_or_default(),
        reads: below.map(|node| node.name.clone()).collect(),
        calls_functions: view.basis.hides,
        next,
        next_because,
    }
}
