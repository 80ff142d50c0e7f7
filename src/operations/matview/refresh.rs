//! The plans of a refresh in place, concurrent or plain, and of what its rows need afterwards.
use std::time::Duration;

use crate::ddl;
use crate::operations::matview::Way;
use crate::pg::catalog::{Matview, Refreshed};
use crate::pg::lock::LockMode;
use crate::pg::sql::{Keyword, Sql};
use crate::plan::{Held, Lock, Plan, Run, Step};

/// How long a refresh may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the reading; absent: as long as it takes.
    pub timeout: Option<Duration>,
    /// Of a wait for a lock behind which no reader queues.
    pub patience: Duration,
}

impl Limits {
    pub(super) fn statement(self) -> Sql {
        ddl!("matview/statement_timeout.sql", statement_ms = milliseconds(self.timeout.unwrap_or_default()))
    }
}

pub(super) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).min(i32::MAX as u32)
}

/// A refresh in place.
pub fn plan_refresh(view: &Matview, concurrently: bool, limits: Limits) -> anyhow::Result<Plan> {
    let relation = view.relation()?;
    let mut prepare =
        vec![limits.statement(), ddl!("session/as_applications_do.sql", local = Keyword("local "))];
    let (option, mode, summary) = if concurrently {
        prepare.push(ddl!("matview/lock_timeout.sql", lock_ms = milliseconds(limits.patience)));
        (Keyword("concurrently "), LockMode::Exclusive, "refresh concurrently")
    } else {
        (Keyword(""), LockMode::AccessExclusive, "refresh")
    };
    let act = vec![ddl!("matview/refresh.sql", option = option, view = relation)];
    let lock = Lock { held: Held::WhileReading, ..Lock::implied(relation.clone(), mode) };
    let step = Step {
        locks: vec![lock],
        interrupted: "the view is as it was",
        minor: true,
        ..Step::transaction(summary.to_owned(), prepare, act)
    };
    Ok(Plan { target: relation, oid: view.oid, steps: vec![step], notes: Vec::new() })
}

/// More dead rows than this share are taken away at once.
const DEAD: f64 = 0.2;

/// What a view needs after a refresh: statistics of the new rows, and no room for the old ones.
pub fn plan_care(view: &Matview, way: Way, after: &Refreshed) -> anyhow::Result<Option<Plan>> {
    let relation = view.relation()?;
    let many_dead = after.dead_rows as f64 > after.rows.unwrap_or_default() * DEAD;
    let (summary, statement) = match way {
        Way::Concurrent if many_dead => ("vacuum and analyze", ddl!("matview/vacuum.sql", view = relation)),
        Way::Concurrent if after.rows.is_some() => return Ok(None),
        Way::Plain | Way::Concurrent => ("analyze", ddl!("matview/analyze.sql", view = relation)),
        // Its copy had it before anybody saw it.
        Way::Swap => return Ok(None),
    };
    let step = Step {
        run: Run::Alone { prepare: Vec::new(), statement, guard: None },
        locks: vec![Lock::implied(relation.clone(), LockMode::ShareUpdateExclusive)],
        interrupted: "autovacuum does it later",
        minor: true,
        ..Step::transaction(summary.to_owned(), Vec::new(), Vec::new())
    };
    Ok(Some(Plan { target: relation, oid: view.oid, steps: vec![step], notes: Vec::new() }))
}
