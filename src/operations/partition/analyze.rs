//! The plan that gives a partitioned table statistics of its own: autovacuum looks after its partitions, and never
//! after the table as a whole, whose plans depend on them.
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};

use crate::pg::catalog::PartitionedTable;
use crate::pg::lock::LockMode;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::plan::{Held, Lock, Plan, Run, Step};
use crate::{ddl, query};

/// A run each night finds due what the one before did, though it may begin a little earlier.
const DUE: TimeDelta = TimeDelta::hours(20);
const HAS_ONLY: u32 = 18;

/// `None`: its statistics are young enough.
pub async fn plan_analyze(
    session: &Session,
    table: &PartitionedTable,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Plan>> {
    let last = query!("partition/last_analyze.sql");
    let rows = session.query(&last, &[&table.oid]).await.map_err(ServerError::explained)?;
    let analyzed: Option<DateTime<Utc>> =
        rows.first().context("the server gave no row")?.try_get("analyzed")?;
    if analyzed.is_some_and(|analyzed| now - analyzed < DUE) {
        return Ok(None);
    }
    let relation = table.relation.clone();
    let statement = if session.facts().version.major() >= HAS_ONLY {
        ddl!("partition/analyze_18.sql", table = relation)
    } else {
        ddl!("partition/analyze.sql", table = relation)
    };
    let lock = Lock::implied(relation.clone(), LockMode::ShareUpdateExclusive);
    let step = Step {
        run: Run::Alone { prepare: Vec::new(), statement, guard: None },
        locks: vec![Lock { held: Held::WhileReading, ..lock }],
        interrupted: "the statistics are as they were",
        ..Step::transaction("analyze".to_owned(), Vec::new(), Vec::new())
    };
    Ok(Some(Plan { target: relation, oid: table.oid, steps: vec![step], notes: Vec::new() }))
}
