//! Checks of the upkeep of tables: rows that vacuum leaves, autovacuum switched off, statistics never gathered.
use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::Limits;
use crate::operations::health::state::{Judged, Judgement, Missing, State, some};

#[derive(Debug, Deserialize)]
pub(super) struct Tables {
    tables: i64,
    dead: Vec<Dead>,
    /// For the whole server.
    autovacuum: bool,
    unvacuumed: Vec<String>,
    /// Tables for whose TOAST table it is switched off.
    toast_unvacuumed: Vec<String>,
    unanalyzed: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Dead {
    name: String,
    /// How many times the number at which autovacuum comes.
    value: Option<f64>,
    rows: f64,
}

pub(super) fn dead_rows(evidence: &Evidence, limits: &Limits) -> Judged {
    let tables = evidence.tables.as_ref().map_err(Clone::clone)?;
    counted(evidence)?;
    let dead: Vec<&Dead> = tables.dead.iter().filter(|dead| limits.is_worth(dead.rows)).collect();
    let times = |dead: &Dead| dead.value.unwrap_or(0.0);
    let objects = limits.reached(dead.iter().map(|dead| (dead.name.clone(), times(dead))));
    let Some(most) = dead.iter().max_by(|a, b| times(a).total_cmp(&times(b))) else {
        return Ok(Judgement::new(State::Ok, "vacuum leaves no dead rows to speak of".to_owned()).value(0.0));
    };
    let message = format!(
        "{} has {:.0} dead rows, {:.1} times what autovacuum waits for",
        most.name,
        most.rows,
        times(most)
    );
    let judgement = Judgement::new(limits.grade(times(most)), message).value(times(most)).objects(objects);
    Ok(judgement.remedy(format!("vacuum (analyze) {}", most.name)))
}

/// Without track_counts the counters stand still, whatever happens.
fn counted(evidence: &Evidence) -> Result<(), Missing> {
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    if evidence.standby {
        return Err(Missing::skipped("a standby does not count dead rows"));
    }
    server.counts()
}

pub(super) fn autovacuum(evidence: &Evidence, limits: &Limits) -> Judged {
    let tables = evidence.tables.as_ref().map_err(Clone::clone)?;
    // What a standby says of itself is nothing to the primary, whose autovacuum it is.
    if !tables.autovacuum && !evidence.standby {
        let message =
            format!("autovacuum is off for the whole server: it tends none of {} tables", tables.tables);
        let state = limits.grade(tables.tables as f64).or_worse(State::Warning);
        let remedy = "alter system reset autovacuum; select pg_reload_conf()";
        return Ok(Judgement::new(state, message).value(tables.tables as f64).remedy(remedy));
    }
    let toast = tables.toast_unvacuumed.iter().map(|name| format!("{name} (its TOAST table)"));
    let names: Vec<String> = tables.unvacuumed.iter().cloned().chain(toast).collect();
    let count = names.len() as f64;
    let message = match names.as_slice() {
        [] => format!("autovacuum tends all {} tables", tables.tables),
        names => format!("autovacuum is switched off for {}", some(names)),
    };
    let remedy = match (tables.unvacuumed.first(), tables.toast_unvacuumed.first()) {
        (Some(name), _) => format!("alter table {name} reset (autovacuum_enabled)"),
        (None, Some(name)) => format!("alter table {name} reset (toast.autovacuum_enabled)"),
        (None, None) => String::new(),
    };
    Ok(Judgement::new(limits.grade(count), message).value(count).remedy(remedy))
}

pub(super) fn analyzed(evidence: &Evidence, limits: &Limits) -> Judged {
    let tables = evidence.tables.as_ref().map_err(Clone::clone)?;
    let count = tables.unanalyzed.len() as f64;
    let message = match tables.unanalyzed.as_slice() {
        [] => "the planner has statistics of every table that has more than a few rows".to_owned(),
        names => format!("the planner has no statistics of {}", some(names)),
    };
    let remedy = tables.unanalyzed.first().map(|name| format!("analyze {name}"));
    Ok(Judgement::new(limits.grade(count), message).value(count).remedy(remedy.unwrap_or_default()))
}
