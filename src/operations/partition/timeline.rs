//! A partitioned table seen as a line in time: what its key means, where its partitions lie, where they do not.
//! Partitions are known by their bounds; their names say nothing.
use anyhow::{Context as _, anyhow, bail, ensure};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::failure::Explain as _;
use crate::operations::partition::every::{Calendar, Every};
use crate::operations::partition::key::{Encoding, KeyKind};
use crate::operations::partition::policy::Policy;
use crate::pg::bound::{Datum, PartitionBound};
use crate::pg::catalog::{Partition, PartitionedTable, RelationKind, Strategy};
use crate::pg::name::Ident;

/// From `lo` inclusive to `hi` exclusive, in the key's points. `i64::MIN` and `i64::MAX` stand for no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    pub lo: i64,
    pub hi: i64,
}

/// A partition and its place.
#[derive(Clone, Debug)]
pub struct Part {
    pub partition: Partition,
    pub range: Range,
    /// The bounds as the catalog has them, so that a neighbour can join without a gap of one bit.
    pub from: Vec<Datum>,
    pub to: Vec<Datum>,
}

#[derive(Clone, Debug)]
pub struct Timeline {
    pub table: PartitionedTable,
    pub column: Ident,
    pub kind: KeyKind,
    pub calendar: Calendar,
    /// Attached range partitions in the order of time, without those whose detach is pending.
    pub parts: Vec<Part>,
    pub default: Option<Partition>,
    pub pending: Vec<Partition>,
}

/// The manual allows 32 key columns; with more than three nobody knows what a bound means.
const MOST_KEY_COLUMNS: usize = 3;
const PLAUSIBLE: std::ops::Range<i64> = 631_152_000_000_000..7_258_118_400_000_000; // 1990 to 2200

impl Timeline {
    /// # Errors
    /// When the table is not range-partitioned by a time that pgtend can read, or contradicts the policy.
    pub fn read(table: PartitionedTable, policy: &Policy) -> anyhow::Result<Self> {
        let name = table.relation.plain();
        Self::interpret(table, policy).with_context(|| format!("read the partitions of {name}"))
    }

    fn interpret(mut table: PartitionedTable, policy: &Policy) -> anyhow::Result<Self> {
        let column = time_column(&table, policy)?;
        let mut parts = Vec::new();
        let (mut default, mut pending) = (None, Vec::new());
        for partition in std::mem::take(&mut table.partitions) {
            match partition.bound.clone() {
                _ if partition.detach_pending => pending.push(partition),
                Some(PartitionBound::Default) => default = Some(partition),
                Some(PartitionBound::Range { from, to }) => parts.push((partition, from, to)),
                _ => {}
            }
        }
        let kind = kind(&table, policy, &parts)?;
        let mut parts = parts
            .into_iter()
            .map(|(partition, from, to)| {
                let range = Range { lo: point(kind, &from)?, hi: point(kind, &to)? };
                Ok(Part { partition, range, from, to })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        parts.sort_by_key(|part| part.range);
        let calendar = calendar(policy, kind, &parts)?;
        Ok(Self { table, column, kind, calendar, parts, default, pending })
    }

    /// The attached partition that holds the point.
    pub fn holding(&self, point: i64) -> Option<&Part> {
        self.parts.iter().find(|part| part.range.lo <= point && point < part.range.hi)
    }

    /// Until which point, from the given one on, every point has a partition. `None`: the point itself has none.
    pub fn covered_until(&self, point: i64) -> Option<i64> {
        let mut until = self.holding(point)?.range.hi;
        for part in &self.parts {
            if part.range.lo <= until && part.range.hi > until {
                until = part.range.hi;
            }
        }
        Some(until)
    }

    /// The partition whose properties a new one gets: the latest.
    pub fn newest(&self) -> Option<&Part> {
        self.parts.iter().rev().find(|part| part.partition.kind != RelationKind::ForeignTable)
    }

    /// A literal for a point: as a neighbour has it, else as the key's kind writes it.
    pub fn literal(&self, point: i64) -> anyhow::Result<Vec<Datum>> {
        for part in &self.parts {
            if part.range.hi == point {
                return Ok(part.to.clone());
            }
            if part.range.lo == point {
                return Ok(part.from.clone());
            }
        }
        let text = self.kind.encode(point).with_context(|| {
            format!("column {} cannot hold the beginning of this {}", self.column, self.calendar.every.word())
        })?;
        let rest = std::iter::repeat_n(Datum::MinValue, self.table.key.len() - 1);
        Ok(std::iter::once(Datum::Value(text)).chain(rest).collect())
    }

    /// As [`Timeline::literal`]; the ends of an [`i64`] are MINVALUE and MAXVALUE.
    pub fn literal_or_open(&self, point: i64) -> anyhow::Result<Vec<Datum>> {
        let columns = self.table.key.len();
        match point {
            i64::MIN => Ok(vec![Datum::MinValue; columns]),
            i64::MAX => Ok(vec![Datum::MaxValue; columns]),
            point => self.literal(point),
        }
    }

    /// A point for people.
    pub fn show(&self, point: i64) -> String {
        show(self.kind, point)
    }
}

fn show(kind: KeyKind, point: i64) -> String {
    match point {
        i64::MIN => "-infinity".to_owned(),
        i64::MAX => "infinity".to_owned(),
        _ => {
            let shown = match kind {
                KeyKind::Encoded(_) => KeyKind::Timestamptz,
                kind => kind,
            };
            let seconds = point.div_euclid(1_000_000);
            shown.encode(point).unwrap_or_else(|| format!("{seconds} s after 1970"))
        }
    }
}

/// The table is range-partitioned by a column whose type is a time: pgtend's business beyond doubt.
pub fn is_by_time(table: &PartitionedTable) -> bool {
    let first = table.key.first().and_then(|key| key.type_name.as_deref()).unwrap_or("");
    let kinds = KeyKind::of_type(first);
    table.strategy == Strategy::Range && kinds.iter().any(|kind| !matches!(kind, KeyKind::Encoded(_)))
}

/// A time that pgtend cannot tend may still be behind the key: an expression of one, or numbers that read as one.
#[derive(Clone, Debug)]
pub enum Guess {
    /// Nothing speaks for a time.
    NoTime,
    /// The column's bounds read as times.
    Column,
    /// The bounds of an expression do: so would the table be, if its key were a column of that type.
    Expression(Box<PartitionedTable>),
    /// It may be a time, and nothing says which.
    Unclear,
}

/// What the bounds say of a table that [`is_by_time`] does not know.
pub fn guess(table: &PartitionedTable) -> Guess {
    let Some(first) = table.key.first().filter(|_| table.strategy == Strategy::Range) else {
        return Guess::NoTime;
    };
    let policy = Policy::default();
    let parts: Vec<RawPart> = table.partitions.iter().filter_map(raw_part).collect();
    if first.name.is_some() {
        let type_name = first.type_name.as_deref().unwrap_or("");
        let is_time = KeyKind::of_type(type_name).iter().any(|kind| plausible(*kind, &policy, &parts));
        return if is_time { Guess::Column } else { Guess::NoTime };
    }
    let values: Vec<&String> = parts
        .iter()
        .flat_map(|(_, from, to)| [from, to])
        .filter_map(|side| match side.first() {
            Some(Datum::Value(text)) => Some(text),
            _ => None,
        })
        .collect();
    let all = |fits: &dyn Fn(&str) -> bool| values.iter().all(|text| fits(text));
    if values.is_empty() {
        return Guess::Unclear;
    }
    if all(&|text| KeyKind::Timestamptz.decode(text).is_some()) {
        let zoned = values.iter().any(|text| text.ends_with("+00"));
        let type_name = if zoned { "timestamp with time zone" } else { "timestamp without time zone" };
        return Guess::Expression(Box::new(with_key(table, type_name)));
    }
    if [Encoding::EpochS, Encoding::EpochMs]
        .iter()
        .any(|one| plausible(KeyKind::Encoded(*one), &policy, &parts))
    {
        return Guess::Expression(Box::new(with_key(table, "bigint")));
    }
    // Years, months as numbers, or a remainder.
    if all(&|text| text.parse::<f64>().is_ok()) { Guess::Unclear } else { Guess::NoTime }
}

fn raw_part(partition: &Partition) -> Option<RawPart> {
    match partition.bound.clone() {
        Some(PartitionBound::Range { from, to }) if !partition.detach_pending => {
            Some((partition.clone(), from, to))
        }
        _ => None,
    }
}

/// As if the expression were a column; nothing is asked of the server under that name.
fn with_key(table: &PartitionedTable, type_name: &str) -> PartitionedTable {
    let mut table = table.clone();
    if let Some(first) = table.key.first_mut() {
        first.name = Ident::new("key").ok();
        first.type_name = Some(type_name.to_owned());
    }
    table
}

fn time_column(table: &PartitionedTable, policy: &Policy) -> anyhow::Result<Ident> {
    let how = match table.strategy {
        Strategy::Range => None,
        Strategy::List => Some("list"),
        Strategy::Hash => Some("hash"),
    };
    if let Some(how) = how {
        bail!("it is partitioned by {how} ({}); pgtend tends range partitions by time", table.key_definition);
    }
    ensure!(!table.temporary, "it is a temporary table");
    ensure!(
        table.key.len() <= MOST_KEY_COLUMNS,
        "its key has {} columns ({}); pgtend tends keys of up to {MOST_KEY_COLUMNS}, the first of them the time",
        table.key.len(),
        table.key_definition
    );
    let first = table.key.first().context("its key has no column")?;
    let Some(column) = first.name.clone() else {
        bail!("its key begins with an expression ({}); pgtend needs a column", table.key_definition);
    };
    if let Some(by) = policy.by.as_deref().filter(|by| *by != column.raw()) {
        bail!("it is partitioned by {column}, not by \"{by}\" as configured");
    }
    Ok(column)
}

type RawPart = (Partition, Vec<Datum>, Vec<Datum>);

/// What the key's first column holds: its type says it, or the configuration, or the bounds that exist.
fn kind(table: &PartitionedTable, policy: &Policy, parts: &[RawPart]) -> anyhow::Result<KeyKind> {
    let type_name = table.key.first().and_then(|key| key.type_name.as_deref()).unwrap_or("");
    let possible = KeyKind::of_type(type_name);
    if let Some(encoding) = policy.encoding {
        let kind = KeyKind::Encoded(encoding);
        ensure!(possible.contains(&kind), "a column of type {type_name} cannot hold `{}`", encoding.word());
        return Ok(kind);
    }
    match possible {
        [] => bail!("its key is of type {type_name}, which holds no time that pgtend can read"),
        [only] if !matches!(only, KeyKind::Encoded(_)) => return Ok(*only),
        _ => {}
    }
    let read_off = possible.iter().find(|kind| plausible(**kind, policy, parts));
    read_off.copied().ok_or_else(|| {
        let words: Vec<&str> = Encoding::ALL
            .iter()
            .filter(|encoding| possible.contains(&KeyKind::Encoded(**encoding)))
            .map(|encoding| encoding.word())
            .collect();
        anyhow!("its key is of type {type_name}, and its partitions do not tell how times are kept in it")
            .hint(format!("say it with --encoding, or `encoding` in pgtend.toml: {}", words.join(", ")))
    })
}

/// Every bound that there is, read so, begins an hour of a year that people live in.
fn plausible(kind: KeyKind, policy: &Policy, parts: &[RawPart]) -> bool {
    let hours = Calendar { every: Every::Hour, zone: policy.zone, wall: false };
    let mut bounds =
        parts.iter().flat_map(|(_, from, to)| [from, to]).filter_map(|side| match side.first() {
            Some(Datum::Value(text)) => Some(text),
            _ => None,
        });
    let fits = |text: &String| kind.decode(text).is_some_and(|p| PLAUSIBLE.contains(&p) && hours.is_begin(p));
    bounds.next().is_some_and(fits) && bounds.all(fits)
}

fn point(kind: KeyKind, side: &[Datum]) -> anyhow::Result<i64> {
    if side.iter().skip(1).any(|datum| *datum != Datum::MinValue)
        && matches!(side.first(), Some(Datum::Value(_)))
    {
        bail!("a bound says more than a time: the key's other columns must be MINVALUE in it");
    }
    match side.first() {
        Some(Datum::MinValue) | None => Ok(i64::MIN),
        Some(Datum::MaxValue) => Ok(i64::MAX),
        Some(Datum::Value(text)) => kind
            .decode(text)
            .with_context(|| format!("the bound '{text}' is not a time that pgtend can read")),
    }
}

fn calendar(policy: &Policy, kind: KeyKind, parts: &[Part]) -> anyhow::Result<Calendar> {
    let with = |every| Calendar { every, zone: policy.zone, wall: kind.wall() };
    let every = match policy.every {
        Some(every) => every,
        None => read_off(parts, with)
            .context("its partitions do not tell the length of a period")
            .map_err(|error| error.hint(other_zone(parts, kind)))?,
    };
    ensure!(
        !(kind == KeyKind::Date && every == Every::Hour),
        "its key is a date; hourly partitions need a time of day"
    );
    Ok(with(every))
}

/// What to say when the bounds are no whole periods: they may be those of another zone.
fn other_zone(parts: &[Part], kind: KeyKind) -> String {
    // Whole hours are whole in most zones: they tell nothing.
    let fits = |zone: Tz| {
        let with = |every| Calendar { every, zone, wall: kind.wall() };
        read_off(parts, with).filter(|every| *every != Every::Hour).map(|every| (every.word(), zone))
    };
    let zones = TZ_VARIANTS.into_iter().filter(|zone| !kind.wall() && zone.name().contains('/'));
    match zones.into_iter().find_map(fits) {
        Some((every, zone)) => format!(
            "each is a {every} where the clocks show the same as in {zone}: pass --timezone, or set `timezone` in \
             pgtend.toml"
        ),
        None => {
            "say it with --every, or `every` in pgtend.toml: hour, day, week, month, quarter, year".to_owned()
        }
    }
}

/// The period that the newest partitions all have.
fn read_off(parts: &[Part], with: impl Fn(Every) -> Calendar) -> Option<Every> {
    const ENOUGH: usize = 3;
    let newest: Vec<Range> = parts
        .iter()
        .rev()
        .map(|part| part.range)
        .filter(|range| range.lo != i64::MIN && range.hi != i64::MAX)
        .take(ENOUGH)
        .collect();
    Every::ALL.into_iter().find(|every| {
        let calendar = with(*every);
        let whole = |range: &Range| calendar.is_begin(range.lo) && calendar.next(range.lo) == Some(range.hi);
        !newest.is_empty() && newest.iter().all(whole)
    })
}
