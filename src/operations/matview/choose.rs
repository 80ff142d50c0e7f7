//! How a materialized view is refreshed, and whether it is at all: a pure function of what is known of it.
use std::fmt;
use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Explain as _};
use crate::operations::matview::{Change, Latest};
use crate::pg::catalog::Matview;
use crate::pg::name::Ident;
use crate::pg::version::Version;

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The way in which readers wait least; nothing where nothing has changed.
    #[default]
    Auto,
    Concurrent,
    Plain,
    Swap,
}

/// How a refresh goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`: readers go on, only what differs is written.
    Concurrent,
    /// `REFRESH MATERIALIZED VIEW`: readers wait for the whole run.
    Plain,
    /// A copy is built beside it and takes its name: readers wait for the renaming.
    Swap,
}

#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub mode: Mode,
    /// Refresh even if nothing has changed and nothing is due.
    pub force: bool,
    /// Readers may be stopped for the whole run where there is no other way.
    pub allow_blocking: bool,
    /// A refresh that is not older than this is good enough.
    pub max_age: Option<Duration>,
}

#[derive(Debug)]
pub enum Choice {
    Refresh { way: Way, reason: String },
    Skip { reason: String },
}

/// Smaller than this, a concurrent refresh takes as long as a plain one.
const SMALL_ROWS: f64 = 100_000.0;
const SMALL_BYTES: i64 = 8 << 20;
/// With more rows changed than this share, a concurrent refresh writes more than a new copy does.
const CHURN: f64 = 0.2;
/// A run that comes a little early finds due what would be due a moment later.
const DUE: f64 = 0.9;

impl Way {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Concurrent => "concurrent",
            Self::Plain => "plain",
            Self::Swap => "swap",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// # Errors
/// `Exit::Denied` when the role may not, `Exit::Failed` when the view cannot be refreshed in the wanted way.
pub fn choose(
    view: &Matview,
    change: &Change,
    latest: Option<&Latest>,
    wish: &Wish,
    now: DateTime<Utc>,
    version: Version,
) -> anyhow::Result<Choice> {
    if !view.may_refresh {
        return Err(denied(view, version));
    }
    if view.populated && !wish.force {
        if let Some(reason) = young(latest, wish, now) {
            return Ok(Choice::Skip { reason });
        }
        if *change == Change::Unchanged {
            return Ok(Choice::Skip { reason: "nothing below has changed".to_owned() });
        }
    }
    let way = |way, reason: &str| Ok(Choice::Refresh { way, reason: reason.to_owned() });
    match wish.mode {
        Mode::Auto => auto(view, change, wish).map(|choice| explained(choice, change)),
        Mode::Plain => way(Way::Plain, "asked for"),
        Mode::Concurrent => match not_concurrent(view) {
            None => way(Way::Concurrent, "asked for"),
            Some(why) if !view.populated => {
                Err(cannot(view, "concurrently", &why).hint("use --mode plain: nobody can read it yet"))
            }
            Some(why) => Err(cannot(view, "concurrently", &why).hint(
                "create a unique index with no WHERE clause on one or more columns, or use --mode swap",
            )),
        },
        Mode::Swap => match not_swap(view) {
            None => way(Way::Swap, "asked for"),
            Some(why) => Err(no_swap(view, &why)),
        },
    }
}

/// Where nothing has changed as far as is known, the reader wonders why there is a refresh at all.
fn explained(choice: Choice, change: &Change) -> Choice {
    match (choice, change) {
        (Choice::Refresh { way, reason }, Change::Unreported(why)) => {
            Choice::Refresh { way, reason: format!("{reason}; {why}") }
        }
        (choice, _) => choice,
    }
}

fn auto(view: &Matview, change: &Change, wish: &Wish) -> anyhow::Result<Choice> {
    let way = |way, reason: &str| Ok(Choice::Refresh { way, reason: reason.to_owned() });
    if !view.populated {
        return way(Way::Plain, "it is not populated: nobody can read it");
    }
    let (not_concurrent, not_swap) = (not_concurrent(view), not_swap(view));
    let small = match view.rows {
        Some(rows) => rows < SMALL_ROWS,
        None => view.bytes.is_some_and(|bytes| bytes < SMALL_BYTES),
    };
    let quiet = matches!(change, Change::Changed { share: Some(share), .. } if *share < CHURN);
    match (&not_concurrent, &not_swap) {
        (None, _) if small => way(Way::Concurrent, "it is small"),
        (None, _) if quiet => way(Way::Concurrent, "little has changed"),
        (None, None) => way(Way::Swap, "it is large, and much may have changed"),
        (Some(why), None) => way(Way::Swap, why),
        (None, Some(why)) => way(Way::Concurrent, &format!("no swap: {why}")),
        (Some(_), Some(_)) if wish.allow_blocking => {
            way(Way::Plain, "there is no other way, and --allow-blocking was given")
        }
        (Some(concurrent), Some(swap)) => Err(anyhow!(
            "{}.{} cannot be refreshed without stopping its readers: {concurrent}; no swap: {swap}",
            view.schema,
            view.name
        )
        .hint("create a unique index with no WHERE clause on one or more columns, or pass --allow-blocking")),
    }
}

/// Why a view cannot be refreshed concurrently.
pub fn not_concurrent(view: &Matview) -> Option<String> {
    if !view.populated {
        return Some("it is not populated".to_owned());
    }
    match view.useless_indexes.as_slice() {
        _ if view.usable_index => None,
        [] => Some("it has no unique index".to_owned()),
        some => Some(format!("it has no unique index that serves: {}", some.join(", "))),
    }
}

/// Why another view cannot take its place.
pub fn not_swap(view: &Matview) -> Option<String> {
    match view.dependents.as_slice() {
        _ if !view.may_act_as_owner => Some(format!("this role cannot act as its owner {}", view.owner)),
        _ if !view.owner_may_create => {
            Some(format!("its owner {} may not create in schema {}", view.owner, view.schema))
        }
        [] => view.belongs.clone().or_else(|| view.uncopied.clone()),
        some => Some(format!("others depend on it: {}", some.join(", "))),
    }
}

fn young(latest: Option<&Latest>, wish: &Wish, now: DateTime<Utc>) -> Option<String> {
    let (latest, max_age) = (latest?, wish.max_age?);
    let age = (now - latest.started).to_std().unwrap_or_default();
    let age_s = Duration::from_secs(age.as_secs());
    (age < max_age.mul_f64(DUE)).then(|| {
        let (age, most) = (humantime::format_duration(age_s), humantime::format_duration(max_age));
        format!("refreshed {age} ago, and {most} is young enough")
    })
}

fn no_swap(view: &Matview, why: &str) -> anyhow::Error {
    let other = if not_concurrent(view).is_none() { "--mode concurrent" } else { "--mode plain" };
    let error = cannot(view, "by swap", why);
    if !view.may_act_as_owner {
        let owner = &view.owner;
        return error.exit(Exit::Denied).hint(format!("make this role a member of {owner}, or use {other}"));
    }
    if !view.owner_may_create {
        let (schema, owner) = (plain(&view.schema), plain(&view.owner));
        let grant = format!("grant create on schema {schema} to {owner}, or use {other}");
        return error.exit(Exit::Denied).hint(grant);
    }
    error.hint(format!("use {other}"))
}

/// A name as it is to be typed.
fn plain(name: &str) -> String {
    Ident::new(name).map_or_else(|_| name.to_owned(), |name| name.plain())
}

fn cannot(view: &Matview, how: &str, why: &str) -> anyhow::Error {
    anyhow!("cannot refresh {}.{} {how}: {why}", view.schema, view.name)
}

fn denied(view: &Matview, version: Version) -> anyhow::Error {
    const MAINTAIN: u32 = 17;
    let relation = view.relation().map_or_else(|_| view.name.clone(), |relation| relation.plain());
    let error = anyhow!("this role may not refresh {relation}, which belongs to {}", view.owner);
    let grant = if version.major() >= MAINTAIN {
        format!("grant maintain on {relation} to this role, or make it a member of {}", view.owner)
    } else {
        format!("make this role a member of its owner: grant {} to it", view.owner)
    };
    error.exit(Exit::Denied).hint(grant)
}
