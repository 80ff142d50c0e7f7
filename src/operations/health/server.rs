//! Checks of the server as a whole: its answer, its settings, its archive, its transaction ids, its cache.
use std::collections::HashMap;

use serde::Deserialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::{Limits, Unit, span};
use crate::operations::health::state::{Judged, Judgement, Missing, Object, State, some, worst};

#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub settings: HashMap<String, Option<String>>,
    pending_restart: Vec<String>,
    databases: Vec<Database>,
    shared_checksum_failures: Option<i64>,
    /// Null together where the statistics hold nothing of this database.
    blocks_hit: Option<f64>,
    blocks_read: Option<f64>,
    stats_since_s: Option<f64>,
    /// Of this database's counters; null where it is not known when they began.
    blocks_since_s: Option<f64>,
    archiver: Archiver,
}

#[derive(Debug, Deserialize)]
struct Database {
    name: String,
    xid_age: f64,
    multixact_age: f64,
    checksum_failures: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Archiver {
    failed_count: i64,
    failing: Option<bool>,
    failing_for_s: Option<f64>,
    last_failed: Option<String>,
}

/// Ids wrap around at 2^31; the server refuses writes some millions earlier.
const IDS: f64 = 2_147_483_648.0;
/// Autovacuum freezes at its limit: who is that far beyond it is not being frozen.
const BEYOND_FREEZING: f64 = 1.5;

impl Server {
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(Option::as_deref)
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.setting(name).and_then(|text| text.parse().ok())
    }

    /// For how long the server has been counting.
    pub(super) const fn since_s(&self) -> Option<f64> {
        self.stats_since_s
    }

    fn is_off(&self, name: &str) -> bool {
        self.setting(name) == Some("off")
    }

    /// # Errors
    /// Where the server counts nothing: a number is then no evidence.
    pub(super) fn counts(&self) -> Result<(), Missing> {
        if self.is_off("track_counts") {
            let missing = Missing::unknown("track_counts is off: the server counts nothing");
            return Err(missing.remedy("alter system reset track_counts; select pg_reload_conf()"));
        }
        Ok(())
    }
}

pub(super) fn connect(evidence: &Evidence, limits: &Limits) -> Judged {
    let ms = evidence.connected_ms;
    let message = format!("the server answered after {}", Unit::Milliseconds.show(ms));
    Ok(Judgement::new(limits.grade(ms), message).value(ms))
}

pub(super) fn settings(evidence: &Evidence, _: &Limits) -> Judged {
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    let on = |name: &str| server.setting(name) == Some("on");
    let wrong = [
        (server.is_off("fsync"), State::Critical, "fsync is off: a crash loses or corrupts data"),
        (
            server.is_off("full_page_writes"),
            State::Critical,
            "full_page_writes is off: a crash may corrupt data",
        ),
        (
            on("zero_damaged_pages"),
            State::Critical,
            "zero_damaged_pages is on: damaged rows vanish in silence",
        ),
        (on("ignore_checksum_failure"), State::Critical, "ignore_checksum_failure is on"),
        (server.is_off("autovacuum"), State::Critical, "autovacuum is off"),
        (
            server.is_off("track_counts"),
            State::Critical,
            "track_counts is off: autovacuum has nothing to go by",
        ),
        (
            server.is_off("track_activities"),
            State::Warning,
            "track_activities is off: nobody sees what sessions do",
        ),
    ];
    let wrong: Vec<_> = wrong.into_iter().filter(|(is_wrong, ..)| *is_wrong).collect();
    if wrong.is_empty() {
        return Ok(Judgement::new(State::Ok, "no setting endangers data or upkeep".to_owned()));
    }
    let state = worst(wrong.iter().map(|(_, state, _)| *state));
    let texts: Vec<&str> = wrong.iter().map(|(.., text)| *text).collect();
    let remedy = "alter system reset the setting, then select pg_reload_conf()";
    Ok(Judgement::new(state, texts.join("; ")).remedy(remedy))
}

pub(super) fn pending_restart(evidence: &Evidence, limits: &Limits) -> Judged {
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    let (names, count) = (&server.pending_restart, server.pending_restart.len() as f64);
    let message = match names.as_slice() {
        [] => "no setting waits for a restart".to_owned(),
        _ => format!("changed and not in force before the server restarts: {}", some(names)),
    };
    Ok(Judgement::new(limits.grade(count), message).value(count))
}

pub(super) fn archiver(evidence: &Evidence, limits: &Limits) -> Judged {
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    if server.setting("archive_mode").is_none_or(|mode| mode == "off") {
        return Err(Missing::skipped("archive_mode is off"));
    }
    if evidence.standby && server.setting("archive_mode") == Some("on") {
        return Err(Missing::skipped("a standby archives only with archive_mode = always"));
    }
    let empty = |name: &str| server.setting(name).is_none_or(str::is_empty);
    if empty("archive_command") && empty("archive_library") {
        // Nothing fails then, and nothing is archived.
        let message = "archive_mode is on and nothing archives: WAL is kept and fills the disk".to_owned();
        return Ok(Judgement::new(State::Critical, message).remedy("set archive_command, or archive_library"));
    }
    let archiver = &server.archiver;
    if archiver.failing != Some(true) {
        return Ok(Judgement::new(State::Ok, "WAL is archived".to_owned()).value(0.0));
    }
    let seconds = archiver.failing_for_s.unwrap_or(f64::MAX);
    let message = format!(
        "archiving {} fails ({} times); nothing was archived for {}",
        archiver.last_failed.as_deref().unwrap_or("WAL"),
        archiver.failed_count,
        span(seconds)
    );
    let judgement = Judgement::new(limits.grade(seconds).or_worse(State::Warning), message).value(seconds);
    Ok(judgement.remedy("see the server's log; WAL is kept until it is archived, and may fill the disk"))
}

pub(super) fn checksums(evidence: &Evidence, limits: &Limits) -> Judged {
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    if !matches!(server.setting("data_checksums"), Some("on")) {
        return Err(Missing::skipped("data checksums are off: damaged pages go unnoticed")
            .remedy("pg_checksums --enable, on the stopped server"));
    }
    let shared =
        server.shared_checksum_failures.map(|failures| ("shared catalogs".to_owned(), failures as f64));
    let each = server.databases.iter().filter_map(|database| {
        database.checksum_failures.map(|failures| (database.name.clone(), failures as f64))
    });
    let objects = limits.reached(each.chain(shared));
    let count: f64 = objects.iter().filter_map(|object| object.value).sum();
    let message = match objects.is_empty() {
        true => "no page failed its checksum".to_owned(),
        false => format!("{count:.0} pages failed their checksum: the storage is failing"),
    };
    let state = objects.iter().map(|object| object.state).fold(State::Ok, State::or_worse);
    Ok(Judgement::new(state, message)
        .value(count)
        .objects(objects)
        .remedy("take a backup now; check the storage"))
}

pub(super) fn xids(evidence: &Evidence, limits: &Limits) -> Judged {
    wraparound(evidence, limits, "transaction ids", "autovacuum_freeze_max_age", |database| database.xid_age)
}

pub(super) fn multixacts(evidence: &Evidence, limits: &Limits) -> Judged {
    let setting = "autovacuum_multixact_freeze_max_age";
    wraparound(evidence, limits, "multixact ids", setting, |database| database.multixact_age)
}

fn wraparound(
    evidence: &Evidence,
    limits: &Limits,
    what: &str,
    setting: &str,
    age: fn(&Database) -> f64,
) -> Judged {
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    let freezing = server.number(setting).unwrap_or(IDS);
    let mut databases: Vec<&Database> = server.databases.iter().collect();
    databases.sort_by(|a, b| age(b).total_cmp(&age(a)));
    let Some(oldest) = databases.first() else {
        return Err(Missing::unknown("the server has no database"));
    };
    let used = 100.0 * age(oldest) / IDS;
    let beyond = age(oldest) > freezing * BEYOND_FREEZING;
    let state = limits.grade(used).or_worse(if beyond { State::Warning } else { State::Ok });
    let mut message = format!("{used:.1} % of the {what} are used, in database {}", oldest.name);
    if beyond {
        message.push_str(": autovacuum does not come to freezing");
    }
    let objects = databases.iter().map(|database| {
        let value = 100.0 * age(database) / IDS;
        Object { name: database.name.clone(), value: Some(value), state: limits.grade(value) }
    });
    let objects = objects.filter(|object| object.state != State::Ok).collect();
    let judgement = Judgement::new(state, message).value(used).objects(objects);
    Ok(judgement.remedy(
        "end what holds the oldest snapshot (check `snapshots`), then vacuum (freeze) the oldest tables",
    ))
}

pub(super) fn cache(evidence: &Evidence, limits: &Limits) -> Judged {
    let server = evidence.server.as_ref().map_err(Clone::clone)?;
    server.counts()?;
    let recent =
        evidence.recent.as_ref().filter(|window| limits.is_worth(window.database.hit + window.database.read));
    let (hit, read, since_s) = match (recent, server.blocks_hit, server.blocks_read) {
        (Some(window), ..) => (window.database.hit, window.database.read, window.coverage.covered_s),
        (None, Some(hit), Some(read)) => (hit, read, server.blocks_since_s),
        _ => return Err(Missing::unknown("the server has no statistics of this database")),
    };
    if !limits.is_worth(hit + read) {
        return Err(Missing::skipped(format!("{:.0} blocks were read in all; too few to judge", hit + read)));
    }
    let pct = 100.0 * hit / (hit + read);
    let since = since_s.map_or(String::new(), |seconds| format!(", for {}", span(seconds)));
    let message = format!("{pct:.1} % of the blocks read were in shared buffers{since}");
    Ok(Judgement::new(limits.grade_falling(pct), message)
        .value(pct)
        .remedy("raise shared_buffers, or read less"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(more: &serde_json::Value) -> Evidence {
        let mut server = json!({
            "settings": {"data_checksums": "on", "track_counts": "on", "archive_mode": "on", "archive_command": "cp"},
            "pending_restart": [], "databases": [], "shared_checksum_failures": 0,
            "blocks_hit": 5.0, "blocks_read": 5.0, "stats_since_s": 10.0, "blocks_since_s": null,
            "archiver": {"failed_count": 0, "failing": false, "failing_for_s": null, "last_failed": null}
        });
        for (key, value) in more.as_object().unwrap() {
            server[key] = value.clone();
        }
        Evidence { server: Ok(serde_json::from_value(server).unwrap()), ..Evidence::none("me") }
    }

    fn database(failures: Option<i64>) -> serde_json::Value {
        json!([{"name": "d", "xid_age": 1.0, "multixact_age": 1.0, "checksum_failures": failures}])
    }

    #[test]
    fn a_page_that_failed_its_checksum_is_critical_wherever_it_is() {
        let limits = Limits { critical: Some(1.0), ..Limits::default() };
        let state = |more: &serde_json::Value| checksums(&server(more), &limits).unwrap().state;
        assert_eq!(state(&json!({"databases": database(Some(0))})), State::Ok);
        assert_eq!(state(&json!({"databases": database(Some(3))})), State::Critical);
        assert_eq!(state(&json!({"shared_checksum_failures": 1})), State::Critical);
        let off = server(&json!({"settings": {"data_checksums": "off"}}));
        assert_eq!(checksums(&off, &limits).unwrap_err().state, State::Skipped);
    }

    #[test]
    fn an_archive_that_nothing_fills_does_not_fail_and_is_critical() {
        let limits = Limits::of(0.0, 900.0);
        let archive =
            |settings: serde_json::Value| archiver(&server(&json!({"settings": settings})), &limits);
        let state = |settings| archive(settings).unwrap().state;
        assert_eq!(state(json!({"archive_mode": "on", "archive_command": "cp"})), State::Ok);
        assert_eq!(state(json!({"archive_mode": "on", "archive_library": "basic_archive"})), State::Ok);
        assert_eq!(
            state(json!({"archive_mode": "on", "archive_command": "", "archive_library": ""})),
            State::Critical
        );
        assert_eq!(archive(json!({"archive_mode": "off"})).unwrap_err().state, State::Skipped);
    }

    #[test]
    fn a_server_that_does_not_count_has_no_cache_ratio() {
        let off = server(&json!({"settings": {"track_counts": "off"}}));
        assert_eq!(cache(&off, &Limits::default()).unwrap_err().state, State::Unknown);
        let judged = cache(&server(&json!({})), &Limits::of(80.0, 60.0)).unwrap();
        assert_eq!(judged.state, State::Critical);
        // The server has counted for ten seconds; this database may be younger.
        assert_eq!(judged.message, "50.0 % of the blocks read were in shared buffers");
    }
}
