//! Checks of materialized views: those never filled, those older than they may be. How old one is PostgreSQL does not
//! keep; pgtend's log of refreshes does.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::ddl;
use crate::operations::health::evidence::{Evidence, Reading, Wishes, document};
use crate::operations::health::limits::{Limits, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State, some};
use crate::pg::catalog::TableName;
use crate::pg::catalog::find_relations;
use crate::pg::name::{Ident, Literal};
use crate::pg::session::Session;
use crate::query;

#[derive(Debug, Deserialize)]
pub(super) struct Matview {
    name: String,
    populated: bool,
}

pub(super) fn populated(evidence: &Evidence, limits: &Limits) -> Judged {
    let matviews = evidence.matviews.as_ref().map_err(Clone::clone)?;
    let empty: Vec<String> =
        matviews.iter().filter(|matview| !matview.populated).map(|matview| matview.name.clone()).collect();
    let count = empty.len() as f64;
    let message = match empty.as_slice() {
        [] if matviews.is_empty() => "there is no materialized view".to_owned(),
        [] => format!("all {} materialized views are filled", matviews.len()),
        names => format!("never filled, so that reading fails: {}", some(names)),
    };
    let remedy = empty.first().map_or_else(String::new, |name| format!("refresh materialized view {name}"));
    let state = if empty.is_empty() { State::Ok } else { limits.grade(count) };
    Ok(Judgement::new(state, message).value(count).remedy(remedy))
}

/// A view that may grow only so old.
#[derive(Debug)]
pub(super) struct Aging {
    name: String,
    max_age: Duration,
    known: Reading<Refreshed>,
}

#[derive(Clone, Debug)]
struct Refreshed {
    age_s: f64,
    /// The last refresh failed.
    failed: bool,
}

#[derive(Debug, Deserialize)]
struct Logged {
    oid: u32,
    done_s: Option<f64>,
    failed: bool,
}

pub(super) async fn survey(session: &Session, wishes: &Wishes, now: DateTime<Utc>) -> Reading<Vec<Aging>> {
    let aging: Vec<(&String, Duration)> =
        wishes.matviews.iter().filter_map(|(name, max_age)| Some((name, (*max_age)?))).collect();
    if aging.is_empty() {
        return Ok(Vec::new());
    }
    let schema = Ident::new(&wishes.schema).map_err(|error| Missing::from(&error))?;
    let role = Ident::new(&session.facts().role).map_err(|error| Missing::from(&error))?;
    let readable = session.query(&query!("matview/history_exists.sql"), &[&schema.raw()]).await;
    let readable = readable.map_err(|error| Missing::from(&error))?;
    let readable = readable.first().and_then(|row| row.try_get::<_, Option<bool>>("readable").ok().flatten());
    match readable {
        Some(true) => {}
        Some(false) => {
            let grant = format!(
                "grant usage on schema {schema} to {role}; grant select on {schema}.matview_refresh to {role}"
            );
            return Err(Missing::unknown("this role may not read the log of refreshes").remedy(grant));
        }
        None => {
            return Err(Missing::unknown("there is no log of refreshes")
                .remedy("refresh with pgtend matview refresh"));
        }
    }
    let sql = ddl!("health/matview_refresh.sql", schema = schema, now = Literal(now.to_rfc3339()));
    let logged: Vec<Logged> = document(session, &sql).await?;
    let names: Vec<TableName> = aging.iter().map(|(name, _)| TableName::parse(name)).collect();
    let found = find_relations(session, &names).await.map_err(|error| Missing::from(&error))?;
    let known = aging.into_iter().zip(found).map(|((name, max_age), found)| {
        let known = found.map_err(|error| Missing::from(&error)).and_then(|found| {
            let log = logged.iter().find(|log| log.oid == found.oid);
            let never = || {
                Missing::unknown(format!("{name} was never refreshed by pgtend"))
                    .remedy(format!("pgtend matview refresh {name}"))
            };
            let log = log.ok_or_else(never)?;
            Ok(Refreshed { age_s: log.done_s.ok_or_else(never)?, failed: log.failed })
        });
        Aging { name: name.clone(), max_age, known }
    });
    Ok(known.collect())
}

/// In multiples of the age that each may have.
pub(super) fn age(evidence: &Evidence, limits: &Limits) -> Judged {
    let aging = evidence.refreshes.as_ref().map_err(Clone::clone)?;
    let mut objects = Vec::new();
    let mut oldest: Option<(f64, String)> = None;
    for view in aging {
        let Ok(known) = &view.known else { continue };
        let times = known.age_s / view.max_age.as_secs_f64().max(1.0);
        let state = limits.grade(times).or_worse(if known.failed { State::Warning } else { State::Ok });
        let failed = if known.failed { "; its last refresh failed" } else { "" };
        let text = format!(
            "{} is {} old, of {} allowed{failed}",
            view.name,
            span(known.age_s),
            span(view.max_age.as_secs_f64())
        );
        if state != State::Ok {
            objects.push(Object { name: view.name.clone(), value: Some(times), state });
        }
        if oldest.as_ref().is_none_or(|(most, _)| times > *most || known.failed) {
            oldest = Some((times, text));
        }
    }
    let state = objects.iter().map(|object| object.state).fold(State::Ok, State::or_worse);
    let missing = aging.iter().find_map(|view| view.known.as_ref().err());
    if let Some(missing) = missing.filter(|_| state == State::Ok) {
        return Err(missing.clone());
    }
    let Some((times, text)) = oldest else {
        return Err(Missing::skipped("no [[matview]] section has a max_age"));
    };
    let judgement = Judgement::new(state, text).value(times).objects(objects);
    Ok(judgement.remedy("pgtend matview refresh --all"))
}
