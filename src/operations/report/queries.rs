//! Which statements cost most, in the window that was asked for and against the one before it.
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::Rights;
use crate::operations::stats::{Series, StatementSum, Window, hour_of, short};

const BLOCK: f64 = 8192.0;

/// What counts as slow.
#[derive(Clone, Copy, Debug)]
pub struct Slowness {
    pub mean_ms: f64,
    pub calls: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct SlowQuery {
    /// As `pgtend report query` takes it.
    pub id: String,
    #[serde(skip)]
    pub fingerprint: i64,
    /// Of the time of all statements.
    pub share_pct: Option<f64>,
    pub total_ms: f64,
    pub calls: f64,
    pub mean_ms: f64,
    pub deviation_ms: Option<f64>,
    /// Null where no execution of the window was slower than the slowest before.
    pub max_ms: Option<f64>,
    pub plan_ms: f64,
    pub rows_per_call: f64,
    pub hit_pct: Option<f64>,
    pub io_ms: f64,
    pub temp_bytes: f64,
    pub wal_bytes: f64,
    /// The time of each hour up to the end of the window; null without a store.
    pub hourly_ms: Option<Series>,
    /// Of the mean and of the calls, against the window before; null without `--compare`, and for a new statement.
    pub mean_change_pct: Option<f64>,
    pub calls_change_pct: Option<f64>,
    pub query: Option<String>,
}

/// Every statement of the window, the slow ones or all; sorted by their mean.
pub fn slow_queries(
    window: &Window,
    before: Option<&Window>,
    slowness: Slowness,
    rights: &Rights,
) -> Answer<SlowQuery> {
    let total: f64 = window.statements.iter().map(|sum| sum.work.exec_ms).sum();
    let known: HashMap<i64, &StatementSum> =
        before.into_iter().flat_map(|before| &before.statements).map(|sum| (sum.fingerprint, sum)).collect();
    let mut rows: Vec<SlowQuery> = window
        .statements
        .iter()
        .filter(|sum| {
            sum.work.calls >= slowness.calls && sum.work.mean_ms().is_some_and(|mean| mean > slowness.mean_ms)
        })
        .map(|sum| row(sum, total, known.get(&sum.fingerprint).copied()))
        .collect();
    rows.sort_by(|a, b| b.mean_ms.total_cmp(&a.mean_ms).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    let Slowness { mean_ms, .. } = slowness;
    let share = rows.iter().filter_map(|row| row.share_pct).sum::<f64>();
    let all = counted(window.statements.len(), "statement");
    let verdict = match rows.len() {
        0 => format!("none of {all} took more than {mean_ms:.0} ms in the mean"),
        1 => format!("1 of {all} took more than {mean_ms:.0} ms in the mean, with {share:.0}% of all time"),
        slow => format!(
            "{slow} of {all} took more than {mean_ms:.0} ms in the mean, with {share:.0}% of all time"
        ),
    };
    let next = rows.first().map(|row| format!("-- hour by hour: pgtend report query {}", row.id));
    let hidden = (!rights.reads_all_stats).then(|| {
        Note::membership("statements of other roles are hidden from this one", "pg_read_all_stats", rights)
    });
    let evicted = (window.coverage.evictions > 0.0).then(|| {
        let count = window.coverage.evictions;
        Note::new(format!("{count:.0} evictions: rare statements may be counted too low"))
            .remedy("alter system set pg_stat_statements.max = 20000; -- takes a restart")
    });
    Answer::new(verdict, rows).next(next).blind(hidden).note(evicted).blind(not_tracking(rights))
}

/// Few statements, or none, are no evidence then.
fn not_tracking(rights: &Rights) -> Option<Note> {
    rights.statements_track.as_ref().filter(|track| *track == "none").map(|_| {
        Note::new("pg_stat_statements.track is none: no statement is counted")
            .remedy("alter system set pg_stat_statements.track = 'top'; select pg_reload_conf();")
    })
}

fn row(sum: &StatementSum, total: f64, before: Option<&StatementSum>) -> SlowQuery {
    let work = &sum.work;
    let mean_ms = work.mean_ms().unwrap_or(0.0);
    let change = |is: f64, was: Option<f64>| was.filter(|was| *was > 0.0).map(|was| 100.0 * (is - was) / was);
    SlowQuery {
        id: short(sum.fingerprint),
        fingerprint: sum.fingerprint,
        share_pct: (total > 0.0).then(|| 100.0 * work.exec_ms / total),
        total_ms: work.exec_ms,
        calls: work.calls,
        mean_ms,
        deviation_ms: sum.deviation_ms(),
        max_ms: sum.max_ms,
        plan_ms: work.plan_ms,
        rows_per_call: if work.calls > 0.0 { work.rows / work.calls } else { 0.0 },
        hit_pct: work.hit_pct(),
        io_ms: work.io_ms,
        temp_bytes: work.temp * BLOCK,
        wal_bytes: work.wal_bytes,
        hourly_ms: None,
        mean_change_pct: change(mean_ms, before.and_then(|before| before.work.mean_ms())),
        calls_change_pct: change(work.calls, before.map(|before| before.work.calls)),
        query: sum.text.clone(),
    }
}

/// One hour of one statement.
#[derive(Clone, Debug, Serialize)]
pub struct QueryHour {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub total_ms: f64,
}

/// What one statement has done, hour by hour up to an instant.
pub fn query_history(sum: &StatementSum, series: &[f64], to: DateTime<Utc>) -> Answer<QueryHour> {
    let hour = |index: usize, total_ms: &f64| {
        let back = i64::try_from(series.len() - 1 - index).unwrap_or(0);
        let from = hour_of(to) - TimeDelta::hours(back);
        QueryHour { from, to: to.min(from + TimeDelta::hours(1)), total_ms: *total_ms }
    };
    let rows = series.iter().enumerate().map(|(index, total)| hour(index, total)).collect();
    let work = &sum.work;
    let verdict = format!(
        "{} calls, {:.0} ms in all, {:.2} ms in the mean",
        work.calls,
        work.exec_ms,
        work.mean_ms().unwrap_or(0.0)
    );
    let explain =
        sum.text.as_ref().map(|text| format!("-- since PostgreSQL 16\nexplain (generic_plan) {text};"));
    let mut answer = Answer::new(verdict, rows);
    // As the application wrote it.
    answer.next.extend(explain);
    answer
}
