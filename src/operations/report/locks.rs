//! Who waits for whom, as a forest: each session that blocks others and waits for nobody, and below it those that wait.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, rows};
use crate::pg::masked::deserialize_masked;
use crate::pg::session::Session;
use crate::query;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lock {
    /// How many stand between it and the one that waits for nobody.
    #[serde(default)]
    pub depth: usize,
    /// 0: a prepared transaction, which has no session.
    pub pid: i32,
    pub blocked_by: Vec<i32>,
    /// Sessions that wait for this one, whoever stands between.
    #[serde(default)]
    pub blocks: usize,
    pub waits_s: Option<f64>,
    pub mode: Option<String>,
    pub lock_type: Option<String>,
    pub relation: Option<String>,
    pub role: Option<String>,
    pub database: Option<String>,
    pub application: Option<String>,
    /// Null where this role may not see it.
    pub state: Option<String>,
    pub transaction_s: Option<f64>,
    #[serde(default, deserialize_with = "deserialize_masked")]
    pub query: Option<String>,
}

pub async fn locks(session: &Session, rights: &Rights) -> Read<Answer<Lock>> {
    let found: Vec<Lock> = rows(session, &query!("report/locks.sql"), &[]).await?;
    Ok(judge(forest(found), rights))
}

fn judge(rows: Vec<Lock>, rights: &Rights) -> Answer<Lock> {
    let waiting = rows.iter().filter(|row| !row.blocked_by.is_empty()).count();
    let roots: Vec<&Lock> = rows.iter().filter(|row| row.blocked_by.is_empty() && row.blocks > 0).collect();
    let longest = rows.iter().filter_map(|row| row.waits_s).reduce(f64::max);
    let verdict = match (waiting, roots.first()) {
        (0, _) => "nobody waits for a lock".to_owned(),
        (_, Some(root)) => {
            let since =
                longest.map_or_else(String::new, |longest| format!(", the longest for {longest:.1} s"));
            let who =
                if root.pid == 0 { "a prepared transaction".to_owned() } else { format!("pid {}", root.pid) };
            format!("{} for a lock{since}; in the way of {}: {who}", waits(waiting), root.blocks)
        }
        (_, None) => {
            format!("{} for a lock, each for another: a deadlock that the server will end", waits(waiting))
        }
    };
    let next: Vec<String> = roots
        .iter()
        .filter(|root| root.pid != 0)
        .map(|root| match root.state.as_deref() {
            Some("active") => format!("select pg_catalog.pg_cancel_backend({});", root.pid),
            _ => format!("select pg_catalog.pg_terminate_backend({});", root.pid),
        })
        .collect();
    let hidden = rows.iter().filter(|row| row.pid != 0 && row.state.is_none()).count();
    let note = (hidden > 0).then(|| {
        let what = format!("what {} of other roles do is hidden from this one", counted(hidden, "session"));
        Note::membership(what, "pg_read_all_stats", rights)
    });
    Answer::new(verdict, rows).next(next).note(note)
}

fn waits(count: usize) -> String {
    if count == 1 { "1 session waits".to_owned() } else { format!("{count} sessions wait") }
}

/// Depth first, from those who wait for nobody. Who is in a circle of waiting comes last, once.
fn forest(found: Vec<Lock>) -> Vec<Lock> {
    let by_pid: BTreeMap<i32, Lock> = found.into_iter().map(|row| (row.pid, row)).collect();
    let mut behind: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for row in by_pid.values() {
        let blockers: BTreeSet<i32> = row.blocked_by.iter().copied().collect();
        for blocker in blockers {
            behind.entry(blocker).or_default().push(row.pid);
        }
    }
    let roots = by_pid.values().filter(|row| row.blocked_by.is_empty()).map(|row| row.pid);
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for start in roots.chain(by_pid.keys().copied()) {
        let mut stack = vec![(start, 0)];
        while let Some((pid, depth)) = stack.pop() {
            let Some(row) = by_pid.get(&pid).filter(|_| seen.insert(pid)) else { continue };
            let blocks = everybody_behind(&behind, pid);
            rows.push(Lock { depth, blocks, ..row.clone() });
            stack.extend(behind.get(&pid).into_iter().flatten().rev().map(|waiter| (*waiter, depth + 1)));
        }
    }
    rows
}

fn everybody_behind(behind: &BTreeMap<i32, Vec<i32>>, pid: i32) -> usize {
    let mut seen = BTreeSet::from([pid]);
    let mut stack = vec![pid];
    while let Some(one) = stack.pop() {
        stack.extend(behind.get(&one).into_iter().flatten().copied().filter(|waiter| seen.insert(*waiter)));
    }
    seen.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(pid: i32, blocked_by: &[i32]) -> Lock {
        serde_json::from_value(serde_json::json!({"pid": pid, "blocked_by": blocked_by})).unwrap()
    }

    #[test]
    fn waiters_stand_below_who_is_in_their_way() {
        let rows = forest(vec![lock(1, &[]), lock(2, &[1]), lock(3, &[2, 1]), lock(4, &[])]);
        let told: Vec<_> = rows.iter().map(|row| (row.pid, row.depth, row.blocks)).collect();
        assert_eq!(told, [(1, 0, 2), (2, 1, 1), (3, 2, 0), (4, 0, 0)]);
    }

    #[test]
    fn a_circle_ends() {
        let rows = forest(vec![lock(1, &[2]), lock(2, &[1])]);
        assert_eq!(rows.len(), 2);
    }
}
