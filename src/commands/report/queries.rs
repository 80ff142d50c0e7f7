//! `pgtend report slow-queries`
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;

use crate::commands::context::Context;
use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::commands::report::window::WindowArgs;
use crate::failure::{Exit, Explain as _};
use crate::operations::report::{Answer, FailIf, Note, SlowQuery, Slowness, slow_queries};
use crate::operations::stats::{Scope, Source, Window};
use crate::output::{Cell, Column};
use crate::pg::catalog::{Denied, denied, grants};

const SLOW: Duration = Duration::from_millis(100);
const HOURS: usize = 24;

/// Tell which statements cost most
///
/// Statements of one shape are one, whatever role, database or query identifier they were counted under. The mean, the
/// deviation and the greatest time are of the window; pg_stat_statements knows no percentiles.
#[derive(Debug, Args)]
pub struct SlowQueriesArgs {
    #[command(flatten)]
    window: WindowArgs,
    /// Show statements that take longer than this in the mean; 0s for all [default: 100ms]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    min_mean: Option<Duration>,
    /// Show statements that were called so often
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_calls: u32,
    /// Compare with the window before
    #[arg(long)]
    compare: bool,
    /// Exit with 3 when a statement meets this, as 'mean>30% and calls>100'; % of mean and calls is the change against
    /// the window before. With 1 or 4 when that cannot be known
    #[arg(long, value_name = "CONDITION", value_parser = |text: &str| text.parse::<FailIf>())]
    fail_if: Option<FailIf>,
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for SlowQueriesArgs {
    type Row = SlowQuery;
    const SCHEMA: &'static str = "pgtend.report.slow_queries/1";
    const TITLE: &'static str = "Slow queries";
    const COLUMNS: &'static [Column<SlowQuery>] = &[
        Column { header: "Id", name: "id", cell: |row| Cell::Text(row.id.clone()) },
        Column { header: "Share", name: "share_pct", cell: |row| Cell::known(row.share_pct, Cell::Percent) },
        Column { header: "Total", name: "total_ms", cell: |row| Cell::Milliseconds(row.total_ms) },
        Column { header: "Calls", name: "calls", cell: |row| Cell::Count(row.calls) },
        Column { header: "Mean", name: "mean_ms", cell: |row| Cell::Milliseconds(row.mean_ms) },
        Column {
            header: "± σ",
            name: "deviation_ms",
            cell: |row| Cell::known(row.deviation_ms, Cell::Milliseconds),
        },
        Column { header: "Max", name: "max_ms", cell: |row| Cell::known(row.max_ms, Cell::Milliseconds) },
        Column { header: "Rows/call", name: "rows_per_call", cell: |row| Cell::Count(row.rows_per_call) },
        Column { header: "Hit", name: "hit_pct", cell: |row| Cell::known(row.hit_pct, Cell::Percent) },
        Column { header: "I/O", name: "io_ms", cell: |row| Cell::Milliseconds(row.io_ms) },
        Column { header: "Temp", name: "temp_bytes", cell: |row| Cell::Bytes(row.temp_bytes as i64) },
        Column { header: "WAL", name: "wal_bytes", cell: |row| Cell::Bytes(row.wal_bytes as i64) },
        Column {
            header: "Hours",
            name: "hourly_ms",
            cell: |row| Cell::known(row.hourly_ms.clone(), Cell::Series),
        },
        Column {
            header: "Δ mean",
            name: "mean_change_pct",
            cell: |row| Cell::known(row.mean_change_pct, Cell::Percent),
        },
        Column { header: "Query", name: "query", cell: |row| Cell::known(row.query.clone(), Cell::Sql) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<SlowQuery>> {
        let seen = self.window.read(desk, Scope { statements: true, relations: false }).await?;
        if !seen.window.coverage.has_statements && seen.window.statements.is_empty() {
            return Err(without_statements(desk, &seen.window).await);
        }
        let compares = self.compare || self.fail_if.as_ref().is_some_and(FailIf::compares);
        let before = if compares { seen.before(desk).await? } else { None };
        let incomparable = (compares && before.is_none())
            .then(|| Note::new("there is no window before to compare with: nothing counts as a change"));
        let mut answer =
            slow_queries(&seen.window, before.as_ref(), self.slowness(desk.context), desk.rights);
        if let (Some(store), Some(span)) = (&seen.store, seen.span) {
            let fingerprints: Vec<i64> = answer.rows.iter().map(|row| row.fingerprint).collect();
            let series = store.series(desk.session, &fingerprints, span.to, HOURS).await?;
            for (row, hours) in answer.rows.iter_mut().zip(series) {
                row.hourly_ms = Some(hours);
            }
        }
        answer.coverage = Some(seen.window.coverage);
        Ok(answer.note(seen.note).blind(incomparable))
    }

    fn fails(&self, answer: &Answer<SlowQuery>) -> anyhow::Result<bool> {
        let Some(condition) = &self.fail_if else { return Ok(false) };
        if answer.rows.iter().any(|row| condition.holds(row)) {
            return Ok(true);
        }
        let Some(Note { note, remedy }) = &answer.unjudged else { return Ok(false) };
        let error = anyhow!("the condition of --fail-if cannot be judged: {note}");
        Err(match remedy {
            Some(remedy) => error.exit(Exit::Denied).hint(remedy),
            None => {
                error.exit(Exit::Failed).hint("it can once the store goes back twice as far as the window")
            }
        })
    }
}

impl SlowQueriesArgs {
    /// With no flag but the window's.
    pub fn usual(window: WindowArgs) -> Self {
        let frame = FrameArgs::default();
        Self { window, min_mean: None, min_calls: 1, compare: false, fail_if: None, frame }
    }

    fn slowness(&self, context: &Context) -> Slowness {
        // A build fails for any statement that got worse, and not for slow ones alone.
        let usual =
            if self.fail_if.is_some() { Duration::ZERO } else { context.config.report.slow.unwrap_or(SLOW) };
        let mean = self.min_mean.unwrap_or(usual);
        Slowness { mean_ms: mean.as_secs_f64() * 1000.0, calls: f64::from(self.min_calls) }
    }
}

/// Why there are no statements, and what brings them.
pub async fn without_statements(desk: &Desk<'_>, window: &Window) -> anyhow::Error {
    if window.coverage.source == Source::Store && window.coverage.captures == 0 {
        return anyhow!("the snapshot store has no capture in this window").exit(Exit::Failed).hint(
            "what happens between two captures is what it knows: `pgtend stats capture` every ten minutes; \
             without it: --since-reset",
        );
    }
    let denied = denied(desk.session).await.unwrap_or_default();
    let denied: Vec<&Denied> = denied.iter().filter(|denied| denied.of_statements).collect();
    if !denied.is_empty() {
        let objects: Vec<&str> = denied.iter().map(|denied| denied.object.as_str()).collect();
        return anyhow!("this role may not read pg_stat_statements: {} is denied", objects.join(", "))
            .exit(Exit::Denied)
            .hint(format!("{};", grants(denied)));
    }
    match &desk.rights.statements {
        None => anyhow!("the database has no pg_stat_statements, which counts statements").hint(
            "alter system set shared_preload_libraries = 'pg_stat_statements'; restart the server; \
             create extension pg_stat_statements;",
        ),
        Some(version) => anyhow!("pg_stat_statements {version} is installed and does not answer").hint(
            "shared_preload_libraries must hold pg_stat_statements, which takes a restart; before version 1.9: \
             alter extension pg_stat_statements update;",
        ),
    }
    .exit(Exit::Failed)
}
