//! What is asked for, and the layout that follows from it: up to where the table itself becomes one partition, and which
//! partitions come after it.
use anyhow::{Context as _, anyhow, bail};

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::create::Wanted;
use crate::operations::partition::every::{Calendar, Every};
use crate::operations::partition::key::{Encoding, KeyKind};
use crate::operations::partition::policy::Policy;
use crate::operations::partition::template::Template;
use crate::operations::partition::timeline::Range;
use crate::pg::catalog::DependentObjects;
use crate::pg::name::{Ident, Relation};

/// What becomes of foreign keys that refer to the table, where its primary key has to take the column in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncomingFk {
    Refuse,
    /// They refer to a table that holds each key once, and that keeps the keys unique.
    Registry,
    /// They refer to both columns of the primary key; the tables that refer get the second one, filled by triggers.
    Composite,
    /// They go, and nothing keeps what they kept.
    Drop,
}

/// What the user wants.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    pub policy: &'a Policy,
    pub incoming: IncomingFk,
    /// The key's point for now is computed from this instant.
    pub now: chrono::DateTime<chrono::Utc>,
}

/// The key and its calendar.
#[derive(Clone, Debug)]
pub struct Key {
    pub column: Ident,
    pub kind: KeyKind,
    pub calendar: Calendar,
    /// Ends of periods at which the table's own partition may end, in order; a partition begins at each.
    pub ends: Vec<i64>,
}

/// Rows are written for now; a bound that is nearer than this would soon be in their way.
const HEADROOM: i64 = 3 * 86_400 * 1_000_000;

impl Key {
    /// # Errors
    /// When the table has no such column, or one that holds no time.
    pub fn read(table: &Relation, objects: &DependentObjects, terms: &Terms<'_>) -> anyhow::Result<Self> {
        let policy = terms.policy;
        let by = policy.by.as_deref().ok_or_else(|| {
            anyhow!("nothing says by which column {} is to be partitioned", table.plain())
                .exit(Exit::Usage)
                .hint("pass --by COLUMN, or set `by` in pgtend.toml")
        })?;
        let column = Ident::new(by).exit(Exit::Usage)?;
        let Some(known) = objects.column(&column) else {
            let names: Vec<&str> = objects.columns.iter().map(|column| column.name.as_str()).collect();
            let error = anyhow!("{} has no column {column}", table.plain()).exit(Exit::Usage);
            return Err(error.hint(format!("its columns are {}", names.join(", "))));
        };
        if known.generated {
            bail!("column {column} is generated, and PostgreSQL partitions by no such column");
        }
        let every = policy.every.unwrap_or(Every::Month);
        let kind = kind(&known.base_type, policy.encoding)
            .with_context(|| format!("partition {} by {column}", table.plain()))
            .exit(Exit::Usage)?;
        if kind == KeyKind::Date && every == Every::Hour {
            return Err(anyhow!("column {column} is a date; hourly partitions need a time of day"))
                .exit(Exit::Usage);
        }
        let calendar = Calendar { every, zone: policy.zone, wall: kind.wall() };
        let ends = ends(&calendar, calendar.point(terms.now), policy.ahead)
            .context("the calendar ends before the partitions do")?;
        Ok(Self { column, kind, calendar, ends })
    }

    /// A literal for a point.
    pub fn literal(&self, point: i64) -> anyhow::Result<String> {
        self.kind.encode(point).with_context(|| {
            format!("column {} cannot hold the end of this {}", self.column, self.calendar.every.word())
        })
    }

    /// The partitions after the table's own.
    pub fn partitions(&self, table: &Relation, policy: &Policy, to: i64) -> anyhow::Result<Vec<Wanted>> {
        let template = policy.name.clone().unwrap_or_else(|| Template::usual(self.calendar.every));
        template.check(self.calendar.every)?;
        let begins = self.ends.iter().copied().filter(|begin| *begin >= to);
        let wanted = |lo: i64| {
            let beyond = "the calendar ends before the partitions do";
            let range = Range { lo, hi: self.calendar.next(lo).context(beyond)? };
            let name = template.name(&table.name, self.calendar.label(lo).context(beyond)?)?;
            Ok(Wanted { relation: Relation { schema: table.schema.clone(), name }, range, clipped: false })
        };
        begins.map(wanted).collect()
    }
}

fn kind(base_type: &str, encoding: Option<Encoding>) -> anyhow::Result<KeyKind> {
    let possible = KeyKind::of_type(base_type);
    match (possible, encoding) {
        (_, Some(encoding)) if possible.contains(&KeyKind::Encoded(encoding)) => {
            Ok(KeyKind::Encoded(encoding))
        }
        (_, Some(encoding)) => bail!("a column of type {base_type} cannot hold `{}`", encoding.word()),
        ([only], None) if !matches!(only, KeyKind::Encoded(_)) => Ok(*only),
        ([], None) => bail!("type {base_type} holds no time that pgtend can read"),
        (_, None) => {
            let error = anyhow!("type {base_type} does not tell how times are kept in it");
            Err(error.hint("say it with --encoding: epoch-s, epoch-ms, uuidv7, ulid, ksuid"))
        }
    }
}

/// The ends of the current period and of those after it, one for each partition that is wanted ahead; the first is not
/// near.
fn ends(calendar: &Calendar, now: i64, ahead: u32) -> Option<Vec<i64>> {
    let current = calendar.floor(now)?;
    let mut end = calendar.next(current)?;
    if end - now < HEADROOM.min((end - current) / 2) {
        end = calendar.next(end)?;
    }
    let mut ends = vec![end];
    for _ in 1..ahead {
        end = calendar.next(end)?;
        ends.push(end);
    }
    Some(ends)
}
