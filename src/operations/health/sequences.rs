//! The check of sequences that come to their end, or to the end of the column that they fill.
use serde::Deserialize;

use crate::ddl;
use crate::operations::health::evidence::{Evidence, Reading, document};
use crate::operations::health::limits::Limits;
use crate::operations::health::state::{Judged, Judgement, Missing, State, some};
use crate::pg::catalog::uncalled_sequences;
use crate::pg::session::Session;

#[derive(Debug, Deserialize)]
pub(super) struct Sequences {
    sequences: i64,
    /// Sequences whose value this role may not see.
    hidden: Vec<String>,
    used: Vec<Used>,
}

#[derive(Debug, Deserialize)]
struct Used {
    name: String,
    /// Percent.
    value: f64,
    /// The column's type ends before the sequence does.
    by_column: bool,
}

pub(super) async fn survey(session: &Session) -> Reading<Sequences> {
    let uncalled = uncalled_sequences(session).await.map_err(|error| Missing::from(&error))?;
    let (oids, values) = (uncalled.oids(), uncalled.values());
    document(session, &ddl!("health/sequences.sql", oids = oids, values = values)).await
}

pub(super) fn used(evidence: &Evidence, limits: &Limits) -> Judged {
    let sequences = evidence.sequences.as_ref().map_err(Clone::clone)?;
    let objects = limits.reached(sequences.used.iter().map(|used| (used.name.clone(), used.value)));
    let fullest = sequences.used.iter().max_by(|a, b| a.value.total_cmp(&b.value));
    let state = fullest.map_or(State::Ok, |used| limits.grade(used.value));
    if state == State::Ok && !sequences.hidden.is_empty() {
        let reason = format!("this role may not see the value of {}", some(&sequences.hidden));
        let remedy = format!(
            "grant select on all sequences in schema {} to {}",
            schema(&sequences.hidden[0]),
            evidence.role
        );
        return Err(Missing::unknown(reason).remedy(remedy));
    }
    let Some(fullest) = fullest else {
        let message = format!("none of {} sequences comes to an end", sequences.sequences);
        return Ok(Judgement::new(State::Ok, message).value(0.0));
    };
    let what = if fullest.by_column { " of what its column can hold" } else { "" };
    let message = format!("{} is used to {:.1} %{what}", fullest.name, fullest.value);
    let remedy = "alter the column and the sequence to bigint before it is full";
    Ok(Judgement::new(state, message).value(fullest.value).objects(objects).remedy(remedy))
}

/// Of a quoted name.
fn schema(name: &str) -> &str {
    let mut quoted = false;
    let dot = name.find(|c| {
        quoted ^= c == '"';
        c == '.' && !quoted
    });
    dot.map_or(name, |dot| &name[..dot])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_quoted_name() {
        assert_eq!(schema("public.a"), "public");
        assert_eq!(schema("\"my.app\".a"), "\"my.app\"");
    }
}
