//! A partition that spans more than one period becomes partitions of one period each.
use anyhow::{Context as _, anyhow, ensure};

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::create::schema;
use crate::operations::partition::keep::Span;
use crate::operations::partition::policy::Policy;
use crate::operations::partition::replace::mark::{Place, Verb};
use crate::operations::partition::replace::order::{Order, Piece, Source};
use crate::operations::partition::replace::rows::{PeriodRows, period_rows, periods_until};
use crate::operations::partition::template::Template;
use crate::operations::partition::timeline::{Part, Range, Timeline};
use crate::pg::catalog::RelationKind;
use crate::pg::name::Relation;
use crate::pg::session::Session;

/// What is split, and how far back.
#[derive(Clone, Copy, Debug)]
pub struct SplitTerms<'a> {
    /// Name of the partition, where more than one could be meant.
    pub partition: Option<&'a str>,
    /// The current period and so many less one before it.
    pub newest: Option<u32>,
    pub keep: Option<Span>,
    /// A point of the key.
    pub now: i64,
}

/// So many partitions at once would be a mistake.
const MOST_PIECES: usize = 1000;

/// Reads the partition once. `None`: there is nothing to split.
///
/// # Errors
/// When it is not clear which partition is meant, or there would be too many.
pub async fn order_split(
    session: &Session,
    timeline: &Timeline,
    policy: &Policy,
    terms: &SplitTerms<'_>,
) -> anyhow::Result<Option<Order>> {
    let mut orders = Vec::new();
    for part in candidates(timeline, terms)? {
        let end = end(timeline, part.range, terms).context("the calendar ends before the partition does")?;
        let periods = periods_until(timeline, end);
        let rows = period_rows(session, timeline, &part.partition.relation, &periods).await?;
        orders.extend(order_one(timeline, policy, terms, part, end, &rows)?);
    }
    if orders.len() > 1 {
        let names: Vec<String> =
            orders.iter().flat_map(|order| &order.sources).map(|s| s.partition.relation.plain()).collect();
        return Err(anyhow!("more than one partition of {} can be split", timeline.table.relation.plain())
            .exit(Exit::Usage)
            .detail(names.join("\n"))
            .hint("name one with --partition"));
    }
    Ok(orders.pop())
}

fn candidates<'a>(timeline: &'a Timeline, terms: &SplitTerms<'_>) -> anyhow::Result<Vec<&'a Part>> {
    let table = timeline.table.relation.plain();
    if let Some(name) = terms.partition {
        let named = |part: &&Part| {
            part.partition.relation.name.raw() == name || part.partition.relation.plain() == name
        };
        let part = timeline.parts.iter().find(named);
        let part = part
            .with_context(|| format!("`{name}` is not a range partition of {table}"))
            .exit(Exit::Usage)?;
        ensure!(
            part.partition.kind == RelationKind::Table,
            "{} is {}, which pgtend does not split",
            part.partition.relation.plain(),
            part.partition.kind.words()
        );
        return Ok(vec![part]);
    }
    let plain = timeline.parts.iter().filter(|part| part.partition.kind == RelationKind::Table);
    Ok(plain.filter(|part| !is_one_period(timeline, part.range)).collect())
}

/// Whether the range lies within one period.
fn is_one_period(timeline: &Timeline, range: Range) -> bool {
    let calendar = &timeline.calendar;
    range.lo != i64::MIN
        && calendar
            .floor(range.lo)
            .and_then(|begin| calendar.next(begin))
            .is_some_and(|next| range.hi <= next)
}

/// Where the periods end: with the range, or with the current one where that has no end.
fn end(timeline: &Timeline, range: Range, terms: &SplitTerms<'_>) -> Option<i64> {
    let calendar = &timeline.calendar;
    if range.hi != i64::MAX { Some(range.hi) } else { calendar.next(calendar.floor(terms.now)?) }
}

/// Where finer partitions begin to be wanted.
fn since(timeline: &Timeline, terms: &SplitTerms<'_>) -> Option<i64> {
    let calendar = &timeline.calendar;
    let mut since = i64::MIN;
    if let Some(newest) = terms.newest {
        since = calendar.floor(terms.now)?;
        for _ in 1..newest {
            since = calendar.previous(since)?;
        }
    }
    match terms.keep {
        Some(keep) => Some(since.max(calendar.floor(calendar.before(terms.now, keep)?)?)),
        None => Some(since),
    }
}

fn order_one(
    timeline: &Timeline,
    policy: &Policy,
    terms: &SplitTerms<'_>,
    part: &Part,
    end: i64,
    rows: &PeriodRows,
) -> anyhow::Result<Option<Order>> {
    let range = part.range;
    let since = since(timeline, terms).context("the calendar ends before that many periods")?;
    // Without a lower bound the partitions begin where the rows do.
    let first = rows.periods.iter().find(|(_, rows)| *rows > 0).map(|(period, _)| period.lo);
    let from = match (range.lo, first) {
        (i64::MIN, None) => return Ok(None),
        (i64::MIN, Some(first)) => since.max(first),
        (lo, _) => since.max(lo),
    };
    let begins = rows.periods.iter().map(|(period, _)| period.lo);
    let mut cuts: Vec<i64> =
        begins.chain([end]).filter(|cut| *cut >= from && *cut > range.lo && *cut < range.hi).collect();
    cuts.push(range.hi);
    ensure!(
        cuts.len() <= MOST_PIECES,
        anyhow!(
            "{} would become {} partitions, more than {MOST_PIECES}",
            part.partition.relation.plain(),
            cuts.len()
        )
        .exit(Exit::Usage)
        .hint("split only the newest with --newest, or what is kept with --keep")
    );
    if cuts.len() < 2 {
        return Ok(None);
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut lo = range.lo;
    for hi in cuts {
        let piece = piece(timeline, policy, part, Range { lo, hi }, &pieces, rows)?;
        pieces.push(piece);
        lo = hi;
    }
    let source = Source { partition: part.partition.clone(), place: Place::Range(range) };
    let notes = notes(timeline, &source, &pieces);
    Ok(Some(Order { verb: Verb::Split, sources: vec![source], pieces, notes }))
}

/// What is older, or later, than the periods keeps the name.
fn piece(
    timeline: &Timeline,
    policy: &Policy,
    part: &Part,
    range: Range,
    before: &[Piece],
    rows: &PeriodRows,
) -> anyhow::Result<Piece> {
    let old = &part.partition.relation;
    let count = rows.periods.iter().filter(|(period, _)| range.lo <= period.lo && period.lo < range.hi);
    let beyond = if range.lo == i64::MIN || range.hi == i64::MAX { rows.beyond } else { 0 };
    let rows = Some(count.map(|(_, rows)| rows).sum::<u64>() + beyond);
    let place = Place::Range(range);
    let beside = |ending| Relation { schema: old.schema.clone(), name: old.name.ending_in(ending) };
    if range.hi == i64::MAX || !is_one_period(timeline, range) {
        if before.iter().all(|piece| piece.takes.is_none()) {
            return Ok(Piece { relation: beside("_rest"), place, takes: Some(part.partition.oid), rows });
        }
        return Ok(Piece { relation: beside("_later"), place, takes: None, rows });
    }
    let relation = name(timeline, policy, range.lo)?;
    // A partition that has this name already is the one that is split.
    if relation == *old {
        return Ok(Piece { relation: beside("_rest"), place, takes: Some(part.partition.oid), rows });
    }
    Ok(Piece { relation, place, takes: None, rows })
}

/// The usual name of the partition of a period, in the schema where new ones come.
pub(super) fn name(timeline: &Timeline, policy: &Policy, begin: i64) -> anyhow::Result<Relation> {
    let calendar = &timeline.calendar;
    let template = policy.name.clone().unwrap_or_else(|| Template::usual(calendar.every));
    template.check(calendar.every)?;
    let begin = calendar.floor(begin).unwrap_or(begin);
    let label = calendar.label(begin).context("name a period beyond the calendar")?;
    let name = template.name(&timeline.table.relation.name, label)?;
    Ok(Relation { schema: schema(timeline, policy)?, name })
}

fn notes(timeline: &Timeline, source: &Source, pieces: &[Piece]) -> Vec<String> {
    let rest = pieces.iter().filter_map(|piece| match (piece.takes, piece.place) {
        (Some(_), Place::Range(range)) => Some(format!(
            "{} keeps its name for {} to {}, {} rows",
            source.partition.relation.plain(),
            timeline.show(range.lo),
            timeline.show(range.hi),
            piece.rows.unwrap_or(0)
        )),
        _ => None,
    });
    rest.collect()
}
