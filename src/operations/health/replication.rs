//! Checks of replication: standbys that fall behind, slots that keep WAL.
use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::{Limits, Unit, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State, worst};

#[derive(Debug, Deserialize)]
pub(super) struct Replication {
    standbys: Vec<Standby>,
    slots: Vec<Slot>,
    standby: bool,
    /// Of this server, where it is a standby.
    replay_lag_s: Option<f64>,
    receiving: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Standby {
    name: Option<String>,
    /// Null when the standby has replayed all that was sent.
    lag_s: Option<f64>,
    lag_bytes: Option<f64>,
    hidden: bool,
}

#[derive(Debug, Deserialize)]
struct Slot {
    name: String,
    active: bool,
    status: Option<String>,
    retained_bytes: Option<f64>,
}

pub(super) fn lag(evidence: &Evidence, limits: &Limits) -> Judged {
    let replication = evidence.replication.as_ref().map_err(Clone::clone)?;
    if replication.standby {
        return own_lag(replication, limits);
    }
    let standbys = &replication.standbys;
    let hidden = standbys.iter().filter(|standby| standby.hidden).count();
    if hidden > 0 {
        let reason = format!("{hidden} standbys are hidden from this role");
        return Err(Missing::unknown(reason).remedy(format!("grant pg_read_all_stats to {}", evidence.role)));
    }
    let seconds = |standby: &Standby| standby.lag_s.unwrap_or(0.0);
    let Some(last) = standbys.iter().max_by(|a, b| seconds(a).total_cmp(&seconds(b))) else {
        return Err(Missing::skipped("no standby is connected"));
    };
    let name = |standby: &Standby| standby.name.clone().unwrap_or_else(|| "a standby".to_owned());
    let objects = limits.reached(standbys.iter().map(|standby| (name(standby), seconds(standby))));
    let bytes = last.lag_bytes.map_or(String::new(), |bytes| format!(", {} of WAL", Unit::Bytes.show(bytes)));
    let message = format!("{} is {} behind{bytes}", name(last), span(seconds(last)));
    Ok(Judgement::new(limits.grade(seconds(last)), message).value(seconds(last)).objects(objects))
}

fn own_lag(replication: &Replication, limits: &Limits) -> Judged {
    let Some(seconds) = replication.replay_lag_s else {
        return Err(Missing::unknown("this standby has replayed no transaction since it was started"));
    };
    let message = format!("this standby is {} behind", span(seconds));
    let receiving = replication.receiving == Some(true);
    let state = limits.grade(seconds).or_worse(if receiving { State::Ok } else { State::Warning });
    let message = if receiving { message } else { format!("{message}, and no WAL is being received") };
    Ok(Judgement::new(state, message).value(seconds))
}

pub(super) fn slots(evidence: &Evidence, limits: &Limits) -> Judged {
    let slots = &evidence.replication.as_ref().map_err(Clone::clone)?.slots;
    if slots.is_empty() {
        return Ok(Judgement::new(State::Ok, "there is no replication slot".to_owned()).value(0.0));
    }
    let graded = |slot: &Slot| match slot.status.as_deref() {
        Some("lost" | "unreserved") => State::Critical,
        _ => limits.grade(slot.retained_bytes.unwrap_or(0.0)),
    };
    let all = slots.iter().map(|slot| Object {
        name: slot.name.clone(),
        value: slot.retained_bytes,
        state: graded(slot),
    });
    let objects: Vec<Object> = all.filter(|object| object.state != State::Ok).collect();
    let bytes = |slot: &Slot| slot.retained_bytes.unwrap_or(0.0);
    let bad = slots.iter().find(|slot| graded(slot) == State::Critical);
    let told = bad.or_else(|| slots.iter().max_by(|a, b| bytes(a).total_cmp(&bytes(b))));
    let Some(told) = told else { return Err(Missing::unknown("there is no replication slot")) };
    let message = format!(
        "slot {} ({}) keeps {} of WAL{}",
        told.name,
        if told.active { "active" } else { "inactive" },
        Unit::Bytes.show(bytes(told)),
        match told.status.as_deref() {
            Some(status @ ("lost" | "unreserved")) => format!("; what it needs is {status}"),
            _ => String::new(),
        }
    );
    let judgement =
        Judgement::new(worst(slots.iter().map(graded)), message).value(bytes(told)).objects(objects);
    Ok(judgement.remedy("bring its consumer back, or select pg_drop_replication_slot(its name)"))
}
