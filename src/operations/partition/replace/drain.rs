//! Rows of the default partition get partitions of their own.
use anyhow::{Context as _, ensure};

use crate::operations::partition::create::uncovered;
use crate::operations::partition::policy::Policy;
use crate::operations::partition::replace::mark::{Place, Verb};
use crate::operations::partition::replace::order::{Order, Piece, Source};
use crate::operations::partition::replace::rows::{period_rows, periods_until};
use crate::operations::partition::replace::split::name;
use crate::operations::partition::timeline::Timeline;
use crate::pg::catalog::RelationKind;
use crate::pg::name::Relation;
use crate::pg::session::Session;

/// Reads the default partition once. `None`: there is none, or nothing in it has a period up to those made ahead. `now`
/// is a point of the key.
///
/// # Errors
/// When the default partition is none that pgtend can replace.
pub async fn order_drain(
    session: &Session,
    timeline: &Timeline,
    policy: &Policy,
    now: i64,
) -> anyhow::Result<Option<Order>> {
    let Some(default) = &timeline.default else { return Ok(None) };
    ensure!(
        default.kind == RelationKind::Table,
        "{} is {}, which pgtend does not drain",
        default.relation.plain(),
        default.kind.words()
    );
    let end =
        end(timeline, policy, now).context("the calendar ends before the partitions that are wanted")?;
    let found = period_rows(session, timeline, &default.relation, &periods_until(timeline, end)).await?;
    let mut pieces = Vec::new();
    for (period, rows) in found.periods.into_iter().filter(|(_, rows)| *rows > 0) {
        let free = uncovered(period, timeline);
        ensure!(
            free.len() == 1,
            "the partitions between {} and {} leave more than one gap in one {}; make these by hand",
            timeline.show(period.lo),
            timeline.show(period.hi),
            timeline.calendar.every.word()
        );
        let relation = name(timeline, policy, period.lo)?;
        let places = free.into_iter().map(Place::Range);
        pieces.extend(places.map(|place| Piece {
            relation: relation.clone(),
            place,
            takes: None,
            rows: Some(rows),
        }));
    }
    if pieces.is_empty() {
        return Ok(None);
    }
    let old = &default.relation;
    let relation = Relation { schema: old.schema.clone(), name: old.name.ending_in("_rest") };
    let takes = Some(default.oid);
    pieces.push(Piece { relation, place: Place::Default, takes, rows: Some(found.beyond) });
    let notes = vec![format!(
        "{} rows stay in {}, whose time lies beyond the periods up to {}",
        found.beyond,
        old.plain(),
        timeline.show(end)
    )];
    let sources = vec![Source { partition: default.clone(), place: Place::Default }];
    Ok(Some(Order { verb: Verb::Drain, sources, pieces, notes }))
}

/// Where the last period ends that is made ahead.
fn end(timeline: &Timeline, policy: &Policy, now: i64) -> Option<i64> {
    let calendar = &timeline.calendar;
    let mut end = calendar.next(calendar.floor(now)?)?;
    for _ in 0..policy.ahead {
        end = calendar.next(end)?;
    }
    Some(end)
}
