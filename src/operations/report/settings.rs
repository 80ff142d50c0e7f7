//! Settings that decide whether the server is safe, fast, and can tell what it does. The rules are the manual's.
use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, rows};
use crate::pg::session::Session;
use crate::query;

#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    pub name: String,
    pub setting: String,
    pub unit: Option<String>,
    pub source: String,
    /// `danger`, `advice`, `pending` or `ok`
    pub level: &'static str,
    pub why: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    name: String,
    setting: Option<String>,
    unit: Option<String>,
    initial: Option<String>,
    source: String,
    pending_restart: bool,
}

/// What is wrong with a value, and the statement that mends it.
struct Rule {
    name: &'static str,
    level: &'static str,
    wrong: fn(&Found) -> bool,
    why: &'static str,
    better: &'static str,
}

fn is_off(found: &Found) -> bool {
    found.setting.as_deref() == Some("off")
}

fn is_zero(found: &Found) -> bool {
    found.setting.as_deref() == Some("0")
}

fn is_initial(found: &Found) -> bool {
    found.setting == found.initial
}

fn without_statements(found: &Found) -> bool {
    found.setting.as_deref().is_some_and(|libraries| !libraries.contains("pg_stat_statements"))
}

const RULES: [Rule; 15] = [
    Rule {
        name: "fsync",
        level: "danger",
        wrong: is_off,
        why: "a crash of the machine destroys the cluster",
        better: "on",
    },
    Rule {
        name: "full_page_writes",
        level: "danger",
        wrong: is_off,
        why: "a crash of the machine leaves torn pages",
        better: "on",
    },
    Rule {
        name: "autovacuum",
        level: "danger",
        wrong: is_off,
        why: "tables bloat, and end in a forced freeze",
        better: "on",
    },
    Rule {
        name: "track_counts",
        level: "danger",
        wrong: is_off,
        why: "autovacuum and every report are blind without it",
        better: "on",
    },
    Rule {
        name: "synchronous_commit",
        level: "advice",
        wrong: is_off,
        why: "a crash loses the last commits; fine where that is meant",
        better: "on",
    },
    Rule {
        name: "track_io_timing",
        level: "advice",
        wrong: is_off,
        why: "no report can tell waiting for the disk from computing",
        better: "on",
    },
    Rule {
        name: "shared_preload_libraries",
        level: "advice",
        wrong: without_statements,
        why: "pg_stat_statements must be in it for slow-queries",
        better: "pg_stat_statements",
    },
    Rule {
        name: "log_lock_waits",
        level: "advice",
        wrong: is_off,
        why: "waits for locks leave no trace in the log",
        better: "on",
    },
    Rule {
        name: "idle_in_transaction_session_timeout",
        level: "advice",
        wrong: is_zero,
        why: "a forgotten transaction holds its locks, and dead rows, for ever",
        better: "10min",
    },
    Rule {
        name: "shared_buffers",
        level: "advice",
        wrong: is_initial,
        why: "the initial 128 MB; a quarter of the memory is usual",
        better: "2GB",
    },
    Rule {
        name: "random_page_cost",
        level: "advice",
        wrong: is_initial,
        why: "4 is for turning disks; 1.1 is usual for solid ones",
        better: "1.1",
    },
    Rule {
        name: "max_wal_size",
        level: "advice",
        wrong: is_initial,
        why: "the initial 1 GB makes a busy server checkpoint often",
        better: "8GB",
    },
    Rule {
        name: "effective_cache_size",
        level: "advice",
        wrong: is_initial,
        why: "the initial 4 GB; the planner should know of the machine's memory",
        better: "8GB",
    },
    Rule { name: "work_mem", level: "ok", wrong: |_| false, why: "", better: "" },
    Rule { name: "max_connections", level: "ok", wrong: |_| false, why: "", better: "" },
];

pub async fn settings(session: &Session, rights: &Rights) -> Read<Answer<Setting>> {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let found: Vec<Found> = rows(session, &query!("report/settings.sql"), &[&names]).await?;
    Ok(judge(&found, rights))
}

fn judge(found: &[Found], rights: &Rights) -> Answer<Setting> {
    let mut rows: Vec<Setting> = found.iter().map(row).collect();
    rows.sort_by_key(|row| {
        ["danger", "pending", "advice", "ok"].iter().position(|level| *level == row.level)
    });
    let of = |level: &str| rows.iter().filter(|row| row.level == level).count();
    let (danger, advice, pending) = (of("danger"), of("advice"), of("pending"));
    let verdict = match (danger, advice + pending) {
        (0, 0) => format!("nothing is wrong with the {} looked at", counted(rows.len(), "setting")),
        (0, _) => format!("nothing dangerous; {} worth a look", counted(advice + pending, "setting")),
        _ => format!("{} dangerous, {} worth a look", counted(danger, "setting"), advice + pending),
    };
    let next: Vec<String> = RULES
        .iter()
        .filter(|rule| {
            rows.iter().any(|row| row.name == rule.name && row.level == rule.level && row.why.is_some())
        })
        .map(|rule| format!("alter system set {} = '{}';", rule.name, rule.better))
        .collect();
    let missing: Vec<String> = RULES
        .iter()
        .filter(|rule| found.iter().all(|found| found.name != rule.name))
        .map(|rule| rule.name.to_owned())
        .collect();
    let note = (!missing.is_empty()).then(|| {
        let hidden = format!("hidden from this role: {}", missing.join(", "));
        Note::membership(hidden, "pg_read_all_settings", rights)
    });
    Answer::new(verdict, rows).next(next).note(note)
}

fn row(found: &Found) -> Setting {
    let rule = RULES.iter().find(|rule| rule.name == found.name && (rule.wrong)(found));
    let (level, why) = match rule {
        Some(rule) => (rule.level, Some(rule.why.to_owned())),
        None if found.pending_restart => {
            ("pending", Some("the file says otherwise: a restart is due".to_owned()))
        }
        None => ("ok", None),
    };
    Setting {
        name: found.name.clone(),
        setting: found.setting.clone().unwrap_or_default(),
        unit: found.unit.clone(),
        source: found.source.clone(),
        level,
        why,
    }
}
