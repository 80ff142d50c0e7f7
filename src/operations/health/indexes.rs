//! Checks of indexes and constraints: those that cost and do not serve, those that were never finished.
use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::{Limits, Unit, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State, some};

#[derive(Debug, Deserialize)]
pub(super) struct Indexes {
    indexes: i64,
    invalid: Vec<String>,
    /// Somebody builds an index, and this role may not see which.
    building_hidden: bool,
    duplicate: Vec<Duplicate>,
    unindexed: Vec<Named>,
    unused: Vec<Unused>,
    unvalidated: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Duplicate {
    name: String,
    same_as: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Unused {
    name: String,
    bytes: f64,
}

/// Before that, an index may serve a report of the month's end.
const UNUSED_FOR_S: f64 = 30.0 * 86_400.0;

pub(super) fn invalid(evidence: &Evidence, limits: &Limits) -> Judged {
    let indexes = evidence.indexes.as_ref().map_err(Clone::clone)?;
    if indexes.building_hidden && !indexes.invalid.is_empty() {
        let reason = format!(
            "{} may be under construction; who builds is hidden from this role",
            some(&indexes.invalid)
        );
        return Err(Missing::unknown(reason).remedy(format!("grant pg_read_all_stats to {}", evidence.role)));
    }
    let remedy = indexes.invalid.first().map(|name| format!("reindex index concurrently {name}"));
    let good = format!("all {} indexes are valid", indexes.indexes);
    Ok(list(limits, &indexes.invalid, &good, "invalid, kept up by every write and used by nobody")
        .remedy(remedy.unwrap_or_default()))
}

pub(super) fn duplicate(evidence: &Evidence, limits: &Limits) -> Judged {
    let indexes = evidence.indexes.as_ref().map_err(Clone::clone)?;
    let names: Vec<String> =
        indexes.duplicate.iter().map(|pair| format!("{} (as {})", pair.name, pair.same_as)).collect();
    let remedy = indexes.duplicate.first().map(|pair| format!("drop index concurrently {}", pair.name));
    Ok(list(limits, &names, "no index repeats another", "the same index twice")
        .remedy(remedy.unwrap_or_default()))
}

pub(super) fn foreign_keys(evidence: &Evidence, limits: &Limits) -> Judged {
    let indexes = evidence.indexes.as_ref().map_err(Clone::clone)?;
    let names: Vec<String> = indexes.unindexed.iter().map(|key| key.name.clone()).collect();
    let judgement =
        list(limits, &names, "every foreign key has an index", "no index leads by the foreign key's columns");
    Ok(judgement.remedy("create index concurrently on the referencing columns"))
}

pub(super) fn unused(evidence: &Evidence, limits: &Limits) -> Judged {
    let indexes = evidence.indexes.as_ref().map_err(Clone::clone)?;
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    server.counts()?;
    let unused: Vec<&Unused> = indexes.unused.iter().filter(|index| limits.is_worth(index.bytes)).collect();
    if unused.is_empty() {
        return Ok(Judgement::new(State::Ok, "every large index is used".to_owned()).value(0.0));
    }
    let since = match server.since_s() {
        Some(seconds) if seconds >= UNUSED_FOR_S => span(seconds),
        Some(seconds) => {
            let reason =
                format!("the statistics are {} old; 30 d are needed to call an index unused", span(seconds));
            return Err(Missing::skipped(reason));
        }
        None => return Err(Missing::unknown("it is not known since when the server counts")),
    };
    let names: Vec<String> =
        unused.iter().map(|index| format!("{} ({})", index.name, Unit::Bytes.show(index.bytes))).collect();
    let judgement = list(limits, &names, "", &format!("not used here for {since}; a standby may use it"));
    Ok(judgement.remedy(format!("drop index concurrently {}", unused[0].name)))
}

pub(super) fn unvalidated(evidence: &Evidence, limits: &Limits) -> Judged {
    let indexes = evidence.indexes.as_ref().map_err(Clone::clone)?;
    let good = "every constraint was proved for all rows";
    let judgement = list(limits, &indexes.unvalidated, good, "not validated: older rows may break it");
    Ok(judgement.remedy("alter table ... validate constraint ..."))
}

/// As many as there are.
fn list(limits: &Limits, names: &[String], good: &str, bad: &str) -> Judgement {
    let count = names.len() as f64;
    let state = limits.grade(count);
    let message = if names.is_empty() { good.to_owned() } else { format!("{}: {bad}", some(names)) };
    let objects = if state == State::Ok {
        Vec::new()
    } else {
        names.iter().map(|name| Object { name: name.clone(), value: None, state }).collect()
    };
    Judgement::new(state, message).value(count).objects(objects)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evidence(track_counts: &str, since_s: Option<f64>) -> Evidence {
        let server = json!({
            "settings": {"track_counts": track_counts}, "pending_restart": [], "databases": [],
            "shared_checksum_failures": null, "blocks_hit": null, "blocks_read": null, "stats_since_s": since_s,
            "archiver": {"failed_count": 0, "failing": null, "failing_for_s": null, "last_failed": null}
        });
        let indexes = json!({
            "indexes": 1, "invalid": [], "building_hidden": false, "duplicate": [], "unindexed": [],
            "unused": [{"name": "public.i", "bytes": 5e7}], "unvalidated": []
        });
        Evidence {
            server: Ok(serde_json::from_value(server).unwrap()),
            indexes: Ok(serde_json::from_value(indexes).unwrap()),
            ..Evidence::none("me")
        }
    }

    #[test]
    fn unused_is_what_was_counted_for_a_month() {
        let limits = Limits::warning(1.0).at_least(1e7);
        let month = Some(UNUSED_FOR_S);
        assert_eq!(unused(&evidence("on", month), &limits).unwrap().state, State::Warning);
        assert_eq!(unused(&evidence("on", Some(3600.0)), &limits).unwrap_err().state, State::Skipped);
        assert_eq!(unused(&evidence("on", None), &limits).unwrap_err().state, State::Unknown);
        assert_eq!(unused(&evidence("off", month), &limits).unwrap_err().state, State::Unknown);
        assert_eq!(unused(&evidence("on", month), &limits.at_least(1e9)).unwrap().state, State::Ok);
    }
}
