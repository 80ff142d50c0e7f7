//! One reading of the numbers, as text. A server that does not answer is a reading, too.
use std::time::Instant;

use chrono::Utc;

use crate::commands::context::Context;
use crate::commands::health::{families as check_families, reach};
use crate::commands::metrics::args::Wanted;
use crate::operations::health::{Evidence, Verdict, judge};
use crate::operations::metrics::{Exposition, Family, Numbers, families, survey};

/// The text of one answer, and whether the server answered.
#[derive(Debug)]
pub struct Scrape {
    pub text: String,
    pub up: bool,
}

/// # Errors
/// When the connection's settings cannot be read, or a signal came.
pub async fn scrape(context: &Context, wanted: &Wanted) -> anyhow::Result<Scrape> {
    let began = Instant::now();
    let selection = &wanted.selection;
    let mut exposition = Exposition::default();
    let up = match reach(context, selection, wanted.timeout).await? {
        Err(examined) => {
            head(&mut exposition, false, &examined.verdicts);
            false
        }
        Ok(reached) => {
            let left = wanted.timeout.saturating_sub(began.elapsed());
            let reading = async {
                let evidence = reached.evidence(context, selection).await;
                (evidence, survey(&reached.session, wanted.scope).await)
            };
            match tokio::time::timeout(left, reading).await {
                Err(_) => head(&mut exposition, false, &[]),
                Ok((evidence, numbers)) => tell(&mut exposition, context, wanted, &evidence, &numbers),
            }
            true
        }
    };
    context.stop.check()?;
    let took = began.elapsed().as_secs_f64();
    let duration = Family::gauge("pgtend_scrape_duration_seconds", "Time to read these numbers");
    exposition.push(duration.of(Some(took)));
    pool(&mut exposition, context);
    exposition.limit(wanted.max_series);
    Ok(Scrape { text: exposition.to_string(), up })
}

/// The sessions of this run itself. One is in use while it reads.
fn pool(exposition: &mut Exposition, context: &Context) {
    let Some(taken) = context.saturation() else { return };
    for (name, help, value) in [
        ("pgtend_pool_sessions_max", "Most sessions that this run's pool may have", taken.max),
        ("pgtend_pool_sessions", "Sessions that this run's pool has", taken.open),
        ("pgtend_pool_sessions_used", "Sessions of this run's pool that are in use", taken.used),
        ("pgtend_pool_waiting", "Work of this run that waits for a session", taken.waiting),
    ] {
        exposition.push(Family::gauge(name, help).of(Some(value as f64)));
    }
}

/// The first of all numbers.
pub fn up(up: bool) -> Family {
    Family::gauge("pg_up", "Whether the server answered in time").of(Some(f64::from(u8::from(up))))
}

fn head(exposition: &mut Exposition, answered: bool, verdicts: &[Verdict]) {
    exposition.push(up(answered));
    for family in check_families(verdicts) {
        exposition.push(family);
    }
}

fn tell(
    exposition: &mut Exposition,
    context: &Context,
    wanted: &Wanted,
    evidence: &Evidence,
    numbers: &Numbers,
) {
    let selection = &wanted.selection;
    head(exposition, true, &judge(evidence, &selection.checks, &selection.limits));
    let mut ahead = Family::gauge(
        "pgtend_partition_periods_ahead",
        "Whole periods ahead for which the table has partitions",
    );
    for (table, periods) in evidence.periods_ahead() {
        ahead.push(&[("table", table)], Some(periods));
    }
    exposition.push(ahead);
    let errors = Family::gauge("pgtend_scrape_errors", "Parts of these numbers that could not be read");
    exposition.push(errors.of(Some(numbers.errors.len() as f64)));
    for error in &numbers.errors {
        context.ui.warning(error);
    }
    for family in families(numbers) {
        exposition.push(family);
    }
    let help = "When these numbers were read";
    let success = Family::gauge("pgtend_last_success_timestamp_seconds", help);
    exposition.push(success.of(Some(Utc::now().timestamp() as f64)));
}
