//! In which periods the rows of a partition lie. Reads the partition once.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::create::first_value;
use crate::operations::partition::timeline::{Range, Timeline};
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::sql::{Deparsed, List};
use crate::pg::state::ServerError;

/// How many rows lie in each of some periods that follow each other.
#[derive(Clone, Debug)]
pub struct PeriodRows {
    pub periods: Vec<(Range, u64)>,
    /// Before the first period, behind the last one, or without a time.
    pub beyond: u64,
}

/// No rows are older than this that are not a mistake, and no calendar need go further.
const EARLIEST: i64 = 631_152_000_000_000; // 1990
const MOST_PERIODS: usize = 20_000;

/// The periods up to `end`, the latest that there may be, in order. At least one where the key can hold it.
pub fn periods_until(timeline: &Timeline, end: i64) -> Vec<Range> {
    let mut periods = Vec::new();
    let mut hi = end;
    while periods.len() < MOST_PERIODS && hi > EARLIEST {
        let Some(lo) = timeline.calendar.previous(hi).filter(|lo| timeline.kind.encode(*lo).is_some()) else {
            break;
        };
        periods.push(Range { lo, hi });
        hi = lo;
    }
    periods.reverse();
    periods
}

/// Counts the rows of a partition in periods that follow each other.
pub async fn period_rows(
    session: &Session,
    timeline: &Timeline,
    partition: &Relation,
    periods: &[Range],
) -> anyhow::Result<PeriodRows> {
    let ends = periods.iter().map(|period| period.lo).chain(periods.last().map(|period| period.hi));
    let begins = ends.map(|point| first_value(timeline, point)).collect::<anyhow::Result<Vec<_>>>()?;
    let key_type = timeline.table.key.first().and_then(|key| key.type_name.clone());
    let sql = ddl!(
        "partition/replace/period_rows.sql",
        key = timeline.column,
        begins = List(&begins),
        type = Deparsed(key_type.context("a key without a type")?),
        table = *partition
    );
    let counting = || format!("count the rows of {} by time", partition.plain());
    let rows = session.read(&sql).await.map_err(ServerError::explained).with_context(counting)?;
    let mut found: Vec<(Range, u64)> = periods.iter().map(|period| (*period, 0)).collect();
    let mut beyond = 0;
    for row in rows {
        let count: u64 = row.get(1).and_then(Option::as_deref).unwrap_or("0").parse()?;
        let place: Option<usize> = row.first().and_then(Option::as_deref).map(str::parse).transpose()?;
        match place.and_then(|place| found.get_mut(place.checked_sub(1)?)) {
            Some((_, rows)) => *rows = count,
            None => beyond += count,
        }
    }
    Ok(PeriodRows { periods: found, beyond })
}
