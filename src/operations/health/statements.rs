//! Checks of what the statements cost, as pg_stat_statements has counted it since its last reset.
use serde::Deserialize;

use crate::ddl;
use crate::operations::health::evidence::{Evidence, Reading, document, optional};
use crate::operations::health::limits::{Limits, Unit, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::query;

#[derive(Debug, Deserialize)]
struct Extension {
    schema: String,
    loaded: bool,
    may_read: bool,
    most: Option<f64>,
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
    query: Option<String>,
}

#[derive(Debug)]
pub(super) struct Statements {
    counted: Counted,
    most: Option<f64>,
}

/// What is slow beyond the critical limit alarms only where it takes at least this share of all time.
const SHARE_PCT: f64 = 1.0;

pub(super) async fn survey(session: &Session) -> Reading<Statements> {
    let extension = query!("health/statement_extension.sql");
    let Some(extension) = optional::<Extension>(session, &Sql::from(extension)).await? else {
        return Err(Missing::unknown("the extension pg_stat_statements is not in this database").remedy(
            "shared_preload_libraries = 'pg_stat_statements', restart, create extension pg_stat_statements",
        ));
    };
    if !extension.loaded {
        return Err(Missing::unknown("pg_stat_statements is not among the shared_preload_libraries"));
    }
    let schema = Ident::new(&extension.schema).map_err(|error| Missing::from(&error))?;
    if !extension.may_read {
        let role = &session.facts().role;
        let remedy = format!("grant usage on schema {schema} to \"{role}\"");
        return Err(Missing::unknown("this role may not read pg_stat_statements").remedy(remedy));
    }
    let counted = document(session, &ddl!("health/statements.sql", schema = schema)).await?;
    Ok(Statements { counted, most: extension.most })
}

pub(super) fn slow(evidence: &Evidence, limits: &Limits) -> Judged {
    let counted = &evidence.statements.as_ref().map_err(Clone::clone)?.counted;
    let graded = |statement: &Statement| match limits.grade(statement.mean_ms) {
        State::Critical if statement.share_pct < SHARE_PCT => State::Warning,
        state => state,
    };
    let name = |statement: &Statement| {
        let hidden = "a statement of another role, hidden from this one".to_owned();
        let query = statement.query.clone().filter(|_| statement.id.is_some());
        query.unwrap_or(hidden)
    };
    let slow = counted.slowest.iter().filter(|statement| limits.is_worth(statement.calls));
    let slow: Vec<&Statement> = slow.filter(|statement| graded(statement) != State::Ok).collect();
    let since = counted.since_s.map_or(String::new(), |seconds| format!(" in {}", span(seconds)));
    let Some(slowest) = slow.first() else {
        let limit =
            limits.warning.map_or(String::new(), |limit| format!(" {}", Unit::Milliseconds.show(limit)));
        let message = format!("no statement takes{limit} in the mean{since}");
        return Ok(Judgement::new(State::Ok, message).value(0.0));
    };
    let objects: Vec<Object> = slow
        .iter()
        .take(20)
        .map(|statement| Object {
            name: name(statement),
            value: Some(statement.mean_ms),
            state: graded(statement),
        })
        .collect();
    let state = slow.iter().map(|statement| graded(statement)).fold(State::Ok, State::or_worse);
    let message = format!(
        "{} slow statements{since}; the slowest takes {} in the mean of {:.0} calls: {}",
        slow.len(),
        Unit::Milliseconds.show(slowest.mean_ms),
        slowest.calls,
        name(slowest)
    );
    let judgement = Judgement::new(state, message).value(slowest.mean_ms).objects(objects);
    Ok(judgement.remedy("pgtend report slow-queries"))
}

pub(super) fn fill(evidence: &Evidence, limits: &Limits) -> Judged {
    let statements = evidence.statements.as_ref().map_err(Clone::clone)?;
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
