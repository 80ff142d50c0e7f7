//! What the server's sessions are doing, and how many more there may be.
use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, one, rows};
use crate::pg::masked::deserialize_masked;
use crate::pg::session::Session;
use crate::query;

/// A transaction that has been at rest for so long holds others up for nothing.
const RESTING_S: f64 = 60.0;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// Null of a prepared transaction, which has no session.
    pub pid: Option<i32>,
    pub kind: String,
    pub role: Option<String>,
    pub database: Option<String>,
    pub application: Option<String>,
    pub client: Option<String>,
    /// Null where this role may not see it.
    pub state: Option<String>,
    pub waits_for: Option<String>,
    pub transaction_s: Option<f64>,
    pub query_s: Option<f64>,
    pub state_s: Option<f64>,
    /// Transactions since its snapshot: rows that died in them stay.
    pub holds_back_transactions: Option<i64>,
    #[serde(default, deserialize_with = "deserialize_masked")]
    pub query: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Connections {
    pub connections: i64,
    pub active: i64,
    pub idle: i64,
    pub idle_in_transaction: i64,
    /// Whose state this role may not see.
    pub hidden: i64,
    pub max_connections: i64,
    /// Without those that are kept for superusers.
    pub usable: i64,
}

impl Connections {
    pub fn used_pct(&self) -> f64 {
        100.0 * self.connections as f64 / self.usable.max(1) as f64
    }
}

pub async fn connections(session: &Session) -> Read<Connections> {
    one(session, &query!("report/connections.sql"), &[]).await
}

pub async fn activity(session: &Session, rights: &Rights) -> Read<Answer<Activity>> {
    let query = query!("report/activity.sql");
    let (connections, found) = tokio::join!(connections(session), rows(session, &query, &[]));
    Ok(judge(&connections?, found?, rights))
}

fn judge(connections: &Connections, rows: Vec<Activity>, rights: &Rights) -> Answer<Activity> {
    let Connections { connections: used, usable, active, idle_in_transaction, hidden, .. } = connections;
    let share = connections.used_pct();
    let known = if *hidden > 0 { " that this role may see" } else { "" };
    let oldest = rows.iter().filter_map(|row| row.transaction_s).reduce(f64::max);
    let oldest =
        oldest.map_or_else(String::new, |oldest| format!("; the oldest transaction is {oldest:.0} s old"));
    let verdict = format!(
        "{used} of {usable} connections used ({share:.0}%); {active} active and {idle_in_transaction} idle in \
         transaction{known}{oldest}"
    );
    let resting = |row: &&Activity| {
        let idle = row.state.as_deref().is_some_and(|state| state.starts_with("idle in transaction"));
        idle && row.state_s.is_some_and(|time| time >= RESTING_S)
    };
    let next: Vec<String> = rows
        .iter()
        .filter(resting)
        .filter_map(|row| Some(format!("select pg_catalog.pg_terminate_backend({});", row.pid?)))
        .take(5)
        .collect();
    let note = (*hidden > 0).then(|| {
        let count = usize::try_from(*hidden).unwrap_or(0);
        let what = format!("what {} of other roles do is hidden from this one", counted(count, "session"));
        Note::membership(what, "pg_read_all_stats", rights)
    });
    let untold = rows.iter().filter(|row| row.state.as_deref() == Some("disabled")).count();
    let untold = (untold > 0).then(|| {
        let sessions = counted(untold, "session");
        Note::new(format!("track_activities is off in {sessions}: what is done there is not told"))
            .remedy("alter system reset track_activities; select pg_reload_conf();")
    });
    Answer::new(verdict, rows).next(next).note(note).note(untold)
}
