//! The check of materialized views that were never filled.
use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::Limits;
use crate::operations::health::state::{Judged, Judgement, State, some};

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
