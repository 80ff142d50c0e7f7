//! Checks of what the statements cost: of late, as the snapshot store has it, or since pg_stat_statements was reset.
use serde::Deserialize;

use crate::ddl;
use crate::operations::health::evidence::{Evidence, Reading, document, optional};
use crate::operations::health::limits::{Limits, Unit, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State};
use crate::operations::stats::{StatementSum, Window};
use crate::pg::masked::deserialize_masked;
use crate::pg::name::{Ident, Literal};
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::query;

#[derive(Debug, Deserialize)]
struct Extension {
    schema: String,
    version: String,
    loaded: bool,
    may_read: bool,
    track: Option<String>,
    most: Option<f64>,
}

impl Extension {
    /// Since 1.9, which came with PostgreSQL 14, it tells what it forgot.
    fn is_recent(&self) -> bool {
        let parts: Vec<u32> = self.version.split('.').filter_map(|part| part.parse().ok()).collect();
        parts >= vec![1, 9]
    }
}

#[derive(Debug, Deserialize)]
struct Counted {
    entries: f64,
    dealloc: i64,
    since_s: Option<f64>,
    slowest: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
struct Statement {
    /// Null, with the text, for statements of others without the right to see them.
    id: Option<String>,
    calls: f64,
    mean_ms: f64,
    share_pct: f64,
    #[serde(default, deserialize_with = "deserialize_masked")]
    query: Option<String>,
}

#[derive(Debug)]
pub(super) struct Statements {
    counted: Counted,
    most: Option<f64>,
    /// `pg_stat_statements.track` is not `none`.
    tracks: bool,
}

impl Statements {
    /// # Errors
    /// Where nothing is counted: no slow statement is then no evidence.
    fn tracked(&self) -> Result<(), Missing> {
        if self.tracks {
            return Ok(());
        }
        let missing = Missing::unknown("pg_stat_statements.track is none: no statement is counted");
        Err(missing.remedy("alter system reset pg_stat_statements.track; select pg_reload_conf()"))
    }
}

/// What is slow beyond the critical limit alarms only where it takes at least this share of all time.
const SHARE_PCT: f64 = 1.0;
const SHOWN: usize = 20;

/// `least_calls`: of statements called less often nothing is wanted.
pub(super) async fn survey(session: &Session, least_calls: f64) -> Reading<Statements> {
    let extension = query!("health/statement_extension.sql");
    let Some(extension) = optional::<Extension>(session, &Sql::from(extension)).await? else {
        return Err(Missing::unknown("the extension pg_stat_statements is not in this database").remedy(
            "shared_preload_libraries = 'pg_stat_statements', restart, create extension pg_stat_statements",
        ));
    };
    if !extension.loaded {
        return Err(Missing::unknown("pg_stat_statements is not among the shared_preload_libraries")
            .remedy("add it to shared_preload_libraries, and restart the server"));
    }
    let schema = Ident::new(&extension.schema).map_err(|error| Missing::from(&error))?;
    if !extension.may_read {
        let role = Ident::new(&session.facts().role).map_err(|error| Missing::from(&error))?;
        let remedy = format!("grant usage on schema {schema} to {role}");
        return Err(Missing::unknown("this role may not read pg_stat_statements").remedy(remedy));
    }
    if !extension.is_recent() {
        let reason =
            format!("pg_stat_statements is of version {}, as it was before an upgrade", extension.version);
        return Err(Missing::unknown(reason).remedy("alter extension pg_stat_statements update"));
    }
    let counted = document(
        session,
        &ddl!("health/statements.sql", schema = schema, least_calls = Literal(least_calls.to_string())),
    )
    .await?;
    let tracks = extension.track.as_deref() != Some("none");
    Ok(Statements { counted, most: extension.most, tracks })
}

/// By what was done of late where the store knows it, else by all that was ever counted.
pub(super) fn slow(evidence: &Evidence, limits: &Limits) -> Judged {
    evidence.statements.as_ref().map_or(Ok(()), Statements::tracked)?;
    if let Some(window) = evidence.recent.as_ref().filter(|window| window.coverage.has_statements) {
        return Ok(judged(&recent(window), window.coverage.covered_s, limits));
    }
    let counted = &evidence.statements.as_ref().map_err(Clone::clone)?.counted;
    Ok(judged(&counted.slowest, counted.since_s, limits))
}

/// The slowest first.
fn recent(window: &Window) -> Vec<Statement> {
    let all: f64 = window.statements.iter().map(|sum| sum.work.exec_ms).sum();
    let statement = |sum: &StatementSum| {
        Some(Statement {
            id: sum.text.as_ref().map(|_| sum.fingerprint.to_string()),
            calls: sum.work.calls,
            mean_ms: sum.work.mean_ms()?,
            share_pct: if all > 0.0 { 100.0 * sum.work.exec_ms / all } else { 0.0 },
            query: sum.text.as_deref().map(shortened),
        })
    };
    let mut statements: Vec<Statement> = window.statements.iter().filter_map(statement).collect();
    statements.sort_by(|a, b| b.mean_ms.total_cmp(&a.mean_ms));
    statements
}

fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST).collect()
}

fn judged(statements: &[Statement], since_s: Option<f64>, limits: &Limits) -> Judgement {
    let graded = |statement: &Statement| match limits.grade(statement.mean_ms) {
        State::Critical if statement.share_pct < SHARE_PCT => State::Warning,
        state => state,
    };
    let slow = statements.iter().filter(|statement| limits.is_worth(statement.calls));
    let slow: Vec<&Statement> = slow.filter(|statement| graded(statement) != State::Ok).collect();
    let since = since_s.map_or(String::new(), |seconds| format!(" in {}", span(seconds)));
    let Some(slowest) = slow.first() else {
        let limit =
            limits.warning.map_or(String::new(), |limit| format!(" {}", Unit::Milliseconds.show(limit)));
        let message = format!("no statement takes{limit} in the mean{since}");
        return Judgement::new(State::Ok, message).value(0.0);
    };
    let object = |statement: &&Statement| Object {
        name: statement.name(),
        value: Some(statement.mean_ms),
        state: graded(statement),
    };
    let objects: Vec<Object> = slow.iter().take(SHOWN).map(object).collect();
    let state = slow.iter().map(|statement| graded(statement)).fold(State::Ok, State::or_worse);
    let message = format!(
        "{} slow statements{since}; the slowest takes {} in the mean of {:.0} calls: {}",
        slow.len(),
        Unit::Milliseconds.show(slowest.mean_ms),
        slowest.calls,
        slowest.name()
    );
    Judgement::new(state, message)
        .value(slowest.mean_ms)
        .objects(objects)
        .remedy("pgtend report slow-queries")
}

impl Statement {
    fn name(&self) -> String {
        let hidden = || "a statement of another role, hidden from this one".to_owned();
        self.query.clone().filter(|_| self.id.is_some()).unwrap_or_else(hidden)
    }
}

pub(super) fn fill(evidence: &Evidence, limits: &Limits) -> Judged {
    let statements = evidence.statements.as_ref().map_err(Clone::clone)?;
    statements.tracked()?;
    let counted = &statements.counted;
    let Some(most) = statements.most else {
        return Err(Missing::unknown("pg_stat_statements.max cannot be read"));
    };
    let pct = 100.0 * counted.entries / most;
    let message = format!(
        "pg_stat_statements holds {:.0} of {most:.0} statements; it made room {} times",
        counted.entries, counted.dealloc
    );
    let state = limits.grade(pct);
    Ok(Judgement::new(state, message).value(pct).remedy("raise pg_stat_statements.max"))
}
