//! Checks of partitioned tables: how many periods ahead inserts are safe, what is overdue, what interrupted runs left.
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::ddl;
use crate::failure::{Failure, sentences};
use crate::operations::health::evidence::{Evidence, Reading};
use crate::operations::health::limits::Limits;
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State, some, worst};
use crate::operations::partition::{
    FindingKind, Guess, Policy, Report, Timeline, check, guess, is_by_time, survey_check,
};
use crate::pg::bound::PartitionBound;
use crate::pg::catalog::{Partition, PartitionedTable, TableName, find_relations, partitioned_tables};
use crate::pg::name::Ident;
use crate::pg::session::Session;

#[derive(Debug)]
pub(super) struct Partitions {
    tended: Vec<Tended>,
    /// Of tables that are not partitioned by time.
    defaults: Vec<DefaultPartition>,
}

/// A default partition, and how many rows it holds.
#[derive(Debug)]
struct DefaultPartition {
    table: String,
    name: String,
    rows: Reading<u64>,
}

/// A table that is partitioned by time, or may be, or that the configuration names.
#[derive(Debug)]
pub(super) struct Tended {
    name: String,
    known: Reading<Known>,
}

#[derive(Debug)]
struct Known {
    report: Report,
    /// Why the default partition could not be looked into.
    unseen: Option<Missing>,
    /// Whole periods after the current one in which every insert finds a partition; endless where it is not a number.
    periods_ahead: f64,
    /// As many as the configuration asks for.
    configured: Option<f64>,
}

impl Partitions {
    pub(super) fn periods_ahead(&self) -> impl Iterator<Item = (&str, f64)> {
        self.tended.iter().filter_map(Tended::periods_ahead)
    }
}

impl Tended {
    /// Nothing where it is not known.
    fn periods_ahead(&self) -> Option<(&str, f64)> {
        self.known.as_ref().ok().map(|known| (self.name.as_str(), known.periods_ahead))
    }
}

/// Counting is given up here.
const MOST_PERIODS: u32 = 1000;

pub(super) async fn survey(
    session: &Session,
    wishes: &[(String, Policy)],
    now: DateTime<Utc>,
) -> Reading<Partitions> {
    let tables = partitioned_tables(session, None).await.map_err(|error| Missing::from(&error))?;
    let names: Vec<TableName> = wishes.iter().map(|(name, _)| TableName::parse(name)).collect();
    let found = find_relations(session, &names).await.map_err(|error| Missing::from(&error))?;
    let mut policies: HashMap<u32, &Policy> = HashMap::new();
    let mut tended = Vec::new();
    for ((name, policy), found) in wishes.iter().zip(found) {
        match found {
            Ok(found) if tables.iter().any(|table| table.oid == found.oid) => {
                policies.insert(found.oid, policy);
            }
            Ok(found) => {
                let reason = format!("{name} is {}, not a partitioned table", found.kind.words());
                tended.push(Tended { name: name.clone(), known: Err(Missing::unknown(reason)) });
            }
            Err(error) => tended.push(Tended { name: name.clone(), known: Err(Missing::from(&error)) }),
        }
    }
    let mut defaults = Vec::new();
    for table in tables {
        let policy = policies.get(&table.oid).copied();
        let name = table.relation.plain();
        let certain = policy.is_some() || is_by_time(&table);
        let guess = if certain { Guess::Column } else { guess(&table) };
        if !matches!(guess, Guess::Column) {
            defaults.extend(default_rows(session, &table).await);
        }
        let known = match guess {
            Guess::Column => look(session, table, policy, now).await,
            Guess::Expression(table) => judge_expression(*table, now),
            Guess::Unclear => {
                let reason =
                    format!("its key ({}) may be a time that pgtend cannot read", table.key_definition);
                Err(Missing::unknown(reason).remedy(BY_HAND))
            }
            Guess::NoTime => continue,
        };
        tended.push(Tended { name, known });
    }
    Ok(Partitions { tended, defaults })
}

const BY_HAND: &str = "compare the newest partition's bound with the values to come: \
                       pgtend cannot, and `[health] skip` leaves the check out";

/// What can be said without the key's name; the rows of a default partition are counted apart.
fn judge_expression(table: PartitionedTable, now: DateTime<Utc>) -> Reading<Known> {
    let policy = Policy { ahead: 0, ..Policy::default() };
    let timeline = Timeline::read(table, &policy).map_err(|error| unread(&error))?;
    let point = timeline.calendar.point(now);
    let report = check(&timeline, &policy, point, None);
    let periods_ahead = f64::from(periods_ahead(&timeline, point));
    Ok(Known { report, unseen: None, periods_ahead, configured: None })
}

async fn default_rows(session: &Session, table: &PartitionedTable) -> Option<DefaultPartition> {
    let is_default = |partition: &&Partition| partition.bound == Some(PartitionBound::Default);
    let default = table.partitions.iter().find(is_default)?;
    let sql = ddl!("health/default_rows.sql", default = default.relation);
    let rows = match session.read(&sql).await {
        Ok(rows) => {
            let count = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
            count.ok_or_else(|| Missing::unknown("the server gave no count"))
        }
        Err(error) => Err(match Ident::new(&session.facts().role) {
            Ok(role) => {
                Missing::from(&error).remedy(format!("grant select on {} to {role}", default.relation))
            }
            Err(_) => Missing::from(&error),
        }),
    };
    Some(DefaultPartition { table: table.relation.plain(), name: default.relation.plain(), rows })
}

/// Without the name of the table, which the check says once.
fn unread(error: &anyhow::Error) -> Missing {
    let missing = Missing::from(error);
    let hint = error.chain().find_map(|cause| cause.downcast_ref::<Failure>()?.hint.clone());
    let remedy = missing.remedy.or(hint).unwrap_or_else(|| BY_HAND.to_owned());
    let sentences = sentences(error);
    let reason = sentences.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(&sentences).join(": ");
    Missing::unknown(reason).remedy(remedy)
}

async fn look(
    session: &Session,
    table: PartitionedTable,
    configured: Option<&Policy>,
    now: DateTime<Utc>,
) -> Reading<Known> {
    let policy = Policy { ahead: 0, ..configured.cloned().unwrap_or_default() };
    let timeline = Timeline::read(table, &policy).map_err(|error| unread(&error))?;
    let sample = survey_check(session, &timeline).await;
    let role = Ident::new(&session.facts().role).map_err(|error| Missing::from(&error))?;
    let unseen = sample.as_ref().err().map(|error| match &timeline.default {
        Some(default) => {
            Missing::from(error).remedy(format!("grant select on {} to {role}", default.relation))
        }
        None => Missing::from(error),
    });
    let sample = sample.ok().flatten();
    let point = timeline.calendar.point(now);
    let report = check(&timeline, &policy, point, sample.as_ref());
    let periods_ahead = f64::from(periods_ahead(&timeline, point));
    let configured = configured.map(|policy| f64::from(policy.ahead));
    Ok(Known { report, unseen, periods_ahead, configured })
}

fn periods_ahead(timeline: &Timeline, now: i64) -> u32 {
    let Some(until) = timeline.covered_until(now) else { return 0 };
    let calendar = &timeline.calendar;
    let mut end = calendar.floor(now).and_then(|begin| calendar.next(begin));
    let mut periods = 0;
    while let Some(next) = end.and_then(|end| calendar.next(end))
        && next <= until
        && periods < MOST_PERIODS
    {
        periods += 1;
        end = Some(next);
    }
    periods
}

/// Of each table the periods ahead. A table that is configured for fewer needs no more than that.
pub(super) fn horizon(evidence: &Evidence, limits: &Limits) -> Judged {
    let tended = tended(evidence)?;
    let mut objects = Vec::new();
    let mut least: Option<(f64, &str)> = None;
    for table in tended {
        let Ok(known) = &table.known else { continue };
        let (value, wanted) = (known.periods_ahead, known.configured.unwrap_or(f64::MAX));
        let own = Limits {
            warning: limits.warning.map(|limit| limit.min(wanted)),
            critical: limits.critical.map(|limit| limit.min(wanted)),
            at_least: None,
        };
        let now = known.report.findings.iter().any(|finding| finding.kind == FindingKind::NoCurrentPartition);
        let state = if now { State::Critical } else { own.grade_falling(value) };
        if state != State::Ok {
            objects.push(Object { name: table.name.clone(), value: Some(value), state });
        }
        if least.is_none_or(|(least, _)| value < least) {
            least = Some((value, &table.name));
        }
    }
    let state = objects.iter().map(|object| object.state).fold(State::Ok, State::or_worse);
    if state == State::Ok {
        all_known(tended)?;
    }
    let bad = worst_object(&objects).map(|object| (object.value.unwrap_or(0.0), object.name.clone()));
    let Some((value, name)) = bad.or(least.map(|(value, name)| (value, name.to_owned()))) else {
        return Err(Missing::skipped("no table is partitioned by time"));
    };
    let periods = if value == 1.0 { "period" } else { "periods" };
    let message = format!("{name} has partitions for {value:.0} {periods} ahead");
    Ok(Judgement::new(state, message)
        .value(value)
        .objects(objects)
        .remedy(format!("pgtend partition create {name}")))
}

fn worst_object(objects: &[Object]) -> Option<&Object> {
    let state = worst(objects.iter().map(|object| object.state));
    objects.iter().find(|object| object.state == state)
}

/// What else `pgtend partition check` finds.
pub(super) fn upkeep(evidence: &Evidence, limits: &Limits) -> Judged {
    let tended = tended(evidence)?;
    let mut objects = Vec::new();
    let mut unknown = Vec::new();
    for table in tended {
        for finding in table.known.iter().flat_map(|known| &known.report.findings) {
            let state = match finding.kind {
                FindingKind::Fine | FindingKind::NoCurrentPartition | FindingKind::Coverage => continue,
                FindingKind::DefaultRows | FindingKind::PendingDetach | FindingKind::LeftoverCheck => {
                    State::Critical
                }
                FindingKind::Gap
                | FindingKind::Misaligned
                | FindingKind::Stranded
                | FindingKind::OverdueRetention => State::Warning,
                FindingKind::Unknown => {
                    unknown.push(format!("{}: {}", table.name, finding.text));
                    continue;
                }
            };
            objects.push(Object { name: format!("{}: {}", table.name, finding.text), value: None, state });
        }
    }
    let defaults = &partitions(evidence)?.defaults;
    objects.extend(defaults.iter().filter_map(DefaultPartition::filled));
    let count = objects.len() as f64;
    let state = objects.iter().map(|object| object.state).fold(limits.grade(count), State::or_worse);
    let names: Vec<String> = objects.iter().map(|object| object.name.clone()).collect();
    if state == State::Ok {
        all_known(tended)?;
        let unseen = tended.iter().find_map(|table| table.known.as_ref().ok()?.unseen.clone());
        unseen.map_or(Ok(()), Err)?;
        defaults.iter().find_map(|default| default.rows.as_ref().err().cloned()).map_or(Ok(()), Err)?;
        if !unknown.is_empty() {
            return Err(Missing::unknown(some(&unknown)));
        }
    }
    if tended.is_empty() && defaults.is_empty() {
        return Err(Missing::skipped("no table is partitioned by time"));
    }
    let message = if names.is_empty() { "nothing is overdue or left over".to_owned() } else { some(&names) };
    Ok(Judgement::new(state, message)
        .value(count)
        .objects(objects)
        .remedy("pgtend partition maintain --dry-run"))
}

fn partitions(evidence: &Evidence) -> Result<&Partitions, Missing> {
    evidence.partitions.as_ref().map_err(Clone::clone)
}

fn tended(evidence: &Evidence) -> Result<&[Tended], Missing> {
    Ok(&partitions(evidence)?.tended)
}

impl DefaultPartition {
    /// Other kinds of keys than times may want such rows: then it is worth a warning and no more.
    fn filled(&self) -> Option<Object> {
        const LIMIT: u64 = 100_000;
        let rows = self.rows.as_ref().ok().copied().filter(|rows| *rows > 0)?;
        let more = if rows > LIMIT { "more than " } else { "" };
        let (table, name, rows) = (&self.table, &self.name, rows.min(LIMIT));
        let name = format!("{table}: {more}{rows} rows in the default partition {name}");
        Some(Object { name, value: None, state: State::Warning })
    }
}

/// A table of which nothing is known may be bad.
fn all_known(tended: &[Tended]) -> Result<(), Missing> {
    let missing = tended.iter().filter_map(|table| Some((table, table.known.as_ref().err()?)));
    let missing: Vec<(&Tended, &Missing)> = missing.collect();
    let Some((_, first)) = missing.first() else { return Ok(()) };
    let named = |reason: &str| {
        let names = missing.iter().filter(|(_, missing)| missing.reason == reason);
        let names: Vec<String> = names.map(|(table, _)| table.name.clone()).collect();
        format!("{}: {reason}", some(&names))
    };
    let mut reasons: Vec<String> = missing.iter().map(|(_, missing)| named(&missing.reason)).collect();
    let mut told = BTreeSet::new();
    reasons.retain(|reason| told.insert(reason.clone()));
    let remedy = first.remedy.clone().unwrap_or_else(|| BY_HAND.to_owned());
    Err(Missing { reason: some(&reasons), remedy: Some(remedy), ..(*first).clone() })
}
