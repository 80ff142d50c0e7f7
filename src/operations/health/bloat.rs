//! The check of space that tables hold and rows do not need: an estimate, as good as the planner's statistics.
use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::{Limits, Unit};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State, some};

#[derive(Debug, Deserialize)]
pub(super) struct Bloat {
    wasted: Vec<Wasted>,
    /// Tables whose statistics this role may not read, or that have none.
    unreadable: Vec<Unreadable>,
}

#[derive(Debug, Deserialize)]
struct Wasted {
    name: String,
    waste: f64,
    /// Percent of the table.
    value: f64,
}

#[derive(Debug, Deserialize)]
struct Unreadable {
    name: String,
    bytes: f64,
}

pub(super) fn tables(evidence: &Evidence, limits: &Limits) -> Judged {
    let bloat = evidence.bloat.as_ref().map_err(Clone::clone)?;
    let wasted: Vec<&Wasted> = bloat.wasted.iter().filter(|table| limits.is_worth(table.waste)).collect();
    let objects: Vec<Object> = limits.reached(wasted.iter().map(|table| (table.name.clone(), table.value)));
    let most = wasted.iter().max_by(|a, b| a.value.total_cmp(&b.value));
    let state = most.map_or(State::Ok, |table| limits.grade(table.value));
    // A table smaller than what is looked at cannot waste as much.
    let unreadable = bloat.unreadable.iter().filter(|table| limits.is_worth(table.bytes));
    let unreadable: Vec<String> = unreadable.map(|table| table.name.clone()).collect();
    if state == State::Ok && !unreadable.is_empty() {
        let reason = format!("there are no statistics that this role may read of {}", some(&unreadable));
        let remedy = format!("grant select on the table to {}, or analyze it", evidence.role);
        return Err(Missing::unknown(reason).remedy(remedy));
    }
    let Some(most) = most else {
        return Ok(Judgement::new(State::Ok, "no table wastes space to speak of".to_owned()).value(0.0));
    };
    let (pct, waste) = (most.value, Unit::Bytes.show(most.waste));
    let message = format!("about {pct:.0} % of {} ({waste}) is not needed by its rows", most.name);
    let remedy = format!("vacuum {} gives back its end; pg_repack or vacuum (full) the rest", most.name);
    Ok(Judgement::new(state, message).value(pct).objects(objects).remedy(remedy))
}
