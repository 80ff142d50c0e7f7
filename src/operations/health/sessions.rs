//! Checks of the sessions: how many, how long they run, wait or idle in a transaction, and what they hold back.
use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::{Limits, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State};

#[derive(Debug, Deserialize)]
pub(super) struct Sessions {
    clients: f64,
    database_clients: f64,
    /// -1 is none.
    database_limit: Option<f64>,
    role_clients: f64,
    role_limit: Option<f64>,
    /// Sessions of which this role sees nothing.
    hidden: i64,
    /// Sessions of which nobody sees anything, because track_activities is off for them.
    silent: i64,
    longest_query: Option<Longest>,
    longest_idle: Option<Longest>,
    longest_blocked: Option<Longest>,
    blocked: i64,
    oldest_prepared: Option<Prepared>,
    oldest_xmin: Option<Oldest>,
}

#[derive(Debug, Deserialize)]
struct Longest {
    seconds: Option<f64>,
    pid: i32,
    user: Option<String>,
    application: Option<String>,
    blockers: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Prepared {
    seconds: f64,
    gid: String,
}

#[derive(Debug, Deserialize)]
struct Oldest {
    age: f64,
    holder: String,
}

impl Longest {
    fn who(&self) -> String {
        let known = [self.user.as_deref(), self.application.as_deref().filter(|name| !name.is_empty())];
        match known.into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [] => format!("session {}", self.pid),
            known => format!("session {} ({})", self.pid, known.join(", ")),
        }
    }
}

pub(super) fn connections(evidence: &Evidence, limits: &Limits) -> Judged {
    let sessions = evidence.sessions.as_ref().map_err(Clone::clone)?;
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    let unknown = || Missing::unknown("max_connections cannot be read");
    let most = server.number("max_connections").ok_or_else(unknown)?;
    let reserved: f64 = ["superuser_reserved_connections", "reserved_connections"]
        .iter()
        .filter_map(|name| server.number(name))
        .sum();
    let mut pools = vec![("the server".to_owned(), sessions.clients, (most - reserved).max(1.0))];
    let limited = |limit: Option<f64>| limit.filter(|limit| *limit > 0.0);
    if let Some(limit) = limited(sessions.database_limit) {
        pools.push(("the database".to_owned(), sessions.database_clients, limit));
    }
    if let Some(limit) = limited(sessions.role_limit) {
        pools.push((format!("role {}", evidence.role), sessions.role_clients, limit));
    }
    let share = |pool: &(String, f64, f64)| 100.0 * pool.1 / pool.2;
    let objects = limits.reached(pools.iter().map(|pool| (pool.0.clone(), share(pool))));
    let fullest = pools.iter().max_by(|a, b| share(a).total_cmp(&share(b))).ok_or_else(unknown)?;
    let (pct, (name, clients, most)) = (share(fullest), fullest);
    let message = format!("{clients:.0} of {most:.0} connections of {name} are taken ({pct:.0} %)");
    let remedy = "put a pooler before the server, or raise max_connections";
    Ok(Judgement::new(limits.grade(pct), message).value(pct).objects(objects).remedy(remedy))
}

pub(super) fn queries(evidence: &Evidence, limits: &Limits) -> Judged {
    longest(evidence, limits, ("runs a query", "pg_cancel_backend"), |sessions| {
        sessions.longest_query.as_ref()
    })
}

pub(super) fn idle_in_transaction(evidence: &Evidence, limits: &Limits) -> Judged {
    let (does, end) = ("idles in a transaction", "pg_terminate_backend");
    longest(evidence, limits, (does, end), |sessions| sessions.longest_idle.as_ref())
}

/// Of sessions that this role does not see it is not known what they do: what is seen may be bad, but never fine.
fn longest(
    evidence: &Evidence,
    limits: &Limits,
    (does, end): (&str, &str),
    pick: fn(&Sessions) -> Option<&Longest>,
) -> Judged {
    let sessions = evidence.sessions.as_ref().map_err(Clone::clone)?;
    let seconds = |longest: &Longest| longest.seconds.unwrap_or(0.0);
    let value = pick(sessions).map_or(0.0, seconds);
    let state = limits.grade(value);
    if state == State::Ok {
        all_seen(evidence, sessions)?;
    }
    let message = match pick(sessions) {
        None => format!("no session {does}"),
        Some(longest) => format!("{} {does} for {}", longest.who(), span(value)),
    };
    let remedy = pick(sessions).map_or(String::new(), |longest| format!("select {end}({})", longest.pid));
    Ok(Judgement::new(state, message).value(value).remedy(remedy))
}

fn all_seen(evidence: &Evidence, sessions: &Sessions) -> Result<(), Missing> {
    if sessions.hidden > 0 {
        let reason = format!("{} sessions of other roles are hidden from this one", sessions.hidden);
        return Err(Missing::unknown(reason).remedy(format!("grant pg_read_all_stats to {}", evidence.role)));
    }
    if sessions.silent > 0 {
        let reason = format!("track_activities is off for {} sessions", sessions.silent);
        return Err(Missing::unknown(reason).remedy("switch track_activities on"));
    }
    Ok(())
}

/// Locks are visible to every role.
pub(super) fn blocked(evidence: &Evidence, limits: &Limits) -> Judged {
    let sessions = evidence.sessions.as_ref().map_err(Clone::clone)?;
    let Some(longest) = &sessions.longest_blocked else {
        return Ok(Judgement::new(State::Ok, "nobody waits for a lock".to_owned()).value(0.0));
    };
    // A wait of which the server has not noted the beginning has just begun.
    let seconds = longest.seconds.unwrap_or(0.0);
    let by = longest.blockers.as_deref().filter(|pids| !pids.is_empty());
    let message = format!(
        "{} waits for a lock for {}{}; {} wait in all",
        longest.who(),
        span(seconds),
        by.map_or(String::new(), |pids| format!(", behind {pids}")),
        sessions.blocked
    );
    Ok(Judgement::new(limits.grade(seconds), message).value(seconds).remedy("pgtend report locks"))
}

pub(super) fn prepared(evidence: &Evidence, limits: &Limits) -> Judged {
    let sessions = evidence.sessions.as_ref().map_err(Clone::clone)?;
    let Some(oldest) = &sessions.oldest_prepared else {
        return Ok(Judgement::new(State::Ok, "there is no prepared transaction".to_owned()).value(0.0));
    };
    let message = format!("prepared transaction {} is {} old", oldest.gid, span(oldest.seconds));
    let judgement = Judgement::new(limits.grade(oldest.seconds), message).value(oldest.seconds);
    Ok(judgement.remedy("commit prepared or rollback prepared, as its owner"))
}

pub(super) fn snapshots(evidence: &Evidence, limits: &Limits) -> Judged {
    let sessions = evidence.sessions.as_ref().map_err(Clone::clone)?;
    let value = sessions.oldest_xmin.as_ref().map_or(0.0, |oldest| oldest.age);
    let state = limits.grade(value);
    if state == State::Ok {
        all_seen(evidence, sessions)?;
    }
    let (message, objects) = match &sessions.oldest_xmin {
        None => ("nothing keeps vacuum from taking rows away".to_owned(), Vec::new()),
        Some(Oldest { age, holder }) => (
            format!("{holder} keeps what vacuum could take away since {age:.0} transactions"),
            vec![Object { name: holder.clone(), value: Some(*age), state }],
        ),
    };
    Ok(Judgement::new(state, message)
        .value(value)
        .objects(objects)
        .remedy("end that transaction, or drop that slot"))
}
