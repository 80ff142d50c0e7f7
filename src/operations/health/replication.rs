//! Checks of replication: standbys that fall behind or that commits wait for in vain, slots that keep WAL.
use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::{Limits, Unit, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State, some, worst};

#[derive(Debug, Deserialize)]
pub(super) struct Replication {
    standbys: Vec<Standby>,
    slots: Vec<Slot>,
    standby: bool,
    /// The setting as it stands; empty where no commit waits.
    synchronous_names: String,
    synchronous_commit: Option<String>,
    /// Sessions whose commit waits for a standby just now, as far as this role sees them.
    waiting_commits: i64,
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
    sync_state: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Slot {
    name: String,
    active: bool,
    status: Option<String>,
    physical: bool,
    /// Null where the server does not know it.
    inactive_s: Option<f64>,
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

/// A commit waits for ever where fewer synchronous standbys are connected than the setting asks for.
pub(super) fn synchronous(evidence: &Evidence, _: &Limits) -> Judged {
    let replication = evidence.replication.as_ref().map_err(Clone::clone)?;
    if replication.standby {
        return Err(Missing::skipped("a standby's own standbys are never synchronous"));
    }
    let setting = replication.synchronous_names.trim();
    if setting.is_empty() {
        return Err(Missing::skipped("synchronous_standby_names is empty: no commit waits for a standby"));
    }
    let wanted = synchronous_wanted(setting);
    let standbys = &replication.standbys;
    let is_synchronous =
        |standby: &&Standby| matches!(standby.sync_state.as_deref(), Some("sync" | "quorum"));
    let connected = standbys.iter().filter(is_synchronous).count();
    let hidden = standbys.iter().filter(|standby| standby.hidden).count();
    if connected < wanted && connected + hidden >= wanted {
        let reason = format!("{hidden} standbys are hidden from this role");
        return Err(Missing::unknown(reason).remedy(format!("grant pg_read_all_stats to {}", evidence.role)));
    }
    let mut message =
        format!("{connected} synchronous standbys are connected, of {wanted} that commits wait for");
    let waits = !matches!(replication.synchronous_commit.as_deref(), Some("off" | "local"));
    let state = match (connected < wanted, waits) {
        (false, _) => State::Ok,
        (true, true) => State::Critical,
        (true, false) => State::Warning,
    };
    if state != State::Ok {
        message = format!("{message} (synchronous_standby_names = '{setting}')");
        message.push_str(match (waits, replication.waiting_commits) {
            (false, _) => "; synchronous_commit lets most of them go on",
            (true, 0) => ": commits hang",
            (true, _) => ": commits hang, some just now",
        });
    }
    let judgement = Judgement::new(state, message).value(wanted.saturating_sub(connected) as f64);
    Ok(judgement.remedy(
        "bring the standby back, or alter system set synchronous_standby_names to those that are there; \
         select pg_reload_conf()",
    ))
}

/// How many standbys a commit waits for: `FIRST 2 (a, b)`, `ANY 2 (a, b)`, `2 (a, b)`; a bare list waits for one.
fn synchronous_wanted(setting: &str) -> usize {
    let before = setting.split_once('(').map_or("", |(before, _)| before);
    before.split_whitespace().last().and_then(|number| number.parse().ok()).unwrap_or(1)
}

pub(super) fn slots(evidence: &Evidence, limits: &Limits) -> Judged {
    let slots = &evidence.replication.as_ref().map_err(Clone::clone)?.slots;
    if slots.is_empty() {
        return Ok(Judgement::new(State::Ok, "there is no replication slot".to_owned()).value(0.0));
    }
    let graded = |slot: &Slot| match slot.status.as_deref() {
        Some("lost" | "unreserved") => State::Critical,
        // Whose standby went away. A logical one is also inactive between the polls of its consumer.
        _ if slot.physical && !slot.active => {
            limits.grade(slot.retained_bytes.unwrap_or(0.0)).or_worse(State::Warning)
        }
        _ => limits.grade(slot.retained_bytes.unwrap_or(0.0)),
    };
    let all = slots.iter().map(|slot| Object {
        name: slot.name.clone(),
        value: slot.retained_bytes,
        state: graded(slot),
    });
    let objects: Vec<Object> = all.filter(|object| object.state != State::Ok).collect();
    let bytes = |slot: &Slot| slot.retained_bytes.unwrap_or(0.0);
    let state = worst(slots.iter().map(graded));
    let told: Vec<&Slot> = match state {
        State::Ok => slots.iter().max_by(|a, b| bytes(a).total_cmp(&bytes(b))).into_iter().collect(),
        _ => slots.iter().filter(|slot| graded(slot) == state).collect(),
    };
    let most = told.iter().map(|slot| bytes(slot)).fold(0.0, f64::max);
    let lost: Vec<&str> = slots.iter().filter(|slot| slot.is_lost()).map(|slot| slot.name.as_str()).collect();
    let texts: Vec<String> = told.iter().map(|slot| slot.told()).collect();
    let message = if lost.is_empty() { some(&texts) } else { texts.join("; ") };
    let judgement = Judgement::new(state, message).value(most).objects(objects);
    Ok(judgement.remedy(match lost.first() {
        Some(name) => format!(
            "its WAL is gone: select pg_drop_replication_slot('{name}'), and build the standby or subscriber anew"
        ),
        None => "bring its consumer back, or select pg_drop_replication_slot(its name)".to_owned(),
    }))
}

impl Slot {
    fn is_lost(&self) -> bool {
        self.status.as_deref() == Some("lost")
    }

    fn told(&self) -> String {
        if self.is_lost() {
            return format!("slot {} has lost the WAL that it needs", self.name);
        }
        let is = match (self.active, self.inactive_s) {
            (true, _) => "active".to_owned(),
            (false, Some(seconds)) => format!("inactive for {}", span(seconds)),
            (false, None) => "inactive".to_owned(),
        };
        let keeps = self
            .retained_bytes
            .map_or("no WAL yet".to_owned(), |bytes| format!("{} of WAL", Unit::Bytes.show(bytes)));
        let soon =
            if self.status.as_deref() == Some("unreserved") { "; what it needs is about to go" } else { "" };
        format!("slot {} ({is}) keeps {keeps}{soon}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_many_standbys_a_commit_waits_for() {
        for (setting, wanted) in
            [("a", 1), ("a, b", 1), ("*", 1), ("2 (a, b)", 2), ("FIRST 2 (a, b, c)", 2), ("any 3(a,b,c)", 3)]
        {
            assert_eq!(synchronous_wanted(setting), wanted, "{setting}");
        }
    }

    #[test]
    fn every_lost_slot_is_named() {
        let slot = |name: &str| {
            json!({"name": name, "active": false, "status": "lost", "physical": true, "inactive_s": null,
                   "retained_bytes": null})
        };
        let names = ["a", "b", "c", "d"];
        let replication = json!({
            "standbys": [], "slots": names.map(slot), "standby": false, "synchronous_names": "",
            "synchronous_commit": "on", "waiting_commits": 0, "replay_lag_s": null, "receiving": null
        });
        let replication = Ok(serde_json::from_value(replication).unwrap());
        let judged = slots(&Evidence { replication, ..Evidence::none("me") }, &Limits::default()).unwrap();
        assert_eq!(judged.state, State::Critical);
        assert!(
            names.iter().all(|name| judged.message.contains(&format!("slot {name} "))),
            "{}",
            judged.message
        );
        assert!(judged.remedy.unwrap().contains("build the standby or subscriber anew"));
    }
}
