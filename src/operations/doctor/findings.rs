//! What the doctor has to say of what was read: fine, advice, or a problem. Pure.
use serde::Serialize;

use crate::operations::doctor::survey::Environment;
use crate::pg::catalog::{Denied, grants};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Fine,
    /// It works without.
    Advice,
    /// A command cannot do its work.
    Problem,
}

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub level: Level,
    /// What it is about: a command, a setting, a table.
    pub subject: String,
    pub message: String,
    /// A statement that helps.
    pub remedy: Option<String>,
}

impl Finding {
    pub fn new(level: Level, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { level, subject: subject.into(), message: message.into(), remedy: None }
    }

    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// `schema` is that of pgtend's own tables.
pub fn findings(environment: &Environment, schema: &str) -> Vec<Finding> {
    let mut findings = rights(environment, schema);
    findings.push(extension(environment));
    findings.extend(settings(environment));
    findings
}

/// By command.
fn rights(environment: &Environment, schema: &str) -> Vec<Finding> {
    let role = &environment.role;
    let granted = |has: bool, level: Level, subject: &str, without: &str, grant: &str| {
        if has || environment.superuser {
            return Finding::new(Level::Fine, subject, "every right is there");
        }
        Finding::new(level, subject, without).remedy(format!("grant {grant} to {role}"))
    };
    let relations = &environment.relations;
    let owners = environment.relations.owners.as_deref().unwrap_or_default().join(", ");
    let owned = |foreign: i64, of: i64, subject: &str, what: &str| match (foreign, of) {
        (_, 0) => Finding::new(Level::Fine, subject, format!("there are no {what}")),
        (0, _) => Finding::new(Level::Fine, subject, format!("the role owns all {of} {what}")),
        _ => Finding::new(Level::Advice, subject, format!("{foreign} of {of} {what} belong to {owners}"))
            .remedy(format!("grant {owners} to {role}, for those that pgtend shall change")),
    };
    vec![
        statistics(environment),
        granted(
            environment.reads_data,
            Level::Advice,
            "health: sequences, table_bloat, partition_upkeep",
            "what needs reading of tables and sequences is unknown where it was not granted",
            "pg_read_all_data",
        ),
        granted(
            environment.signals,
            Level::Advice,
            "ending sessions",
            "sessions of other roles that stand in the way cannot be ended",
            "pg_signal_backend",
        ),
        owned(relations.foreign_tables, relations.tables, "partition, index, normalize, migrate", "tables"),
        owned(relations.foreign_matviews, relations.matviews, "matview refresh", "materialized views"),
        books(environment, schema),
    ]
}

fn statistics(environment: &Environment) -> Finding {
    let subject = "report, health, metrics";
    let (mut without, mut grants) = (Vec::new(), Vec::new());
    if !environment.reads_stats && !environment.superuser {
        without.push("what other roles' sessions and statements do is hidden".to_owned());
        grants.push(format!("grant pg_read_all_stats to {}", environment.role));
    }
    for denied in environment.denied.iter().filter(|denied| !denied.of_statements) {
        without.push(format!("{} is denied", denied.object));
        grants.push(denied.grant.clone());
    }
    if without.is_empty() {
        return Finding::new(Level::Fine, subject, "every right is there");
    }
    Finding::new(Level::Problem, subject, without.join("; ")).remedy(grants.join("; "))
}

fn books(environment: &Environment, schema: &str) -> Finding {
    let (subject, role) = ("journal and stats", &environment.role);
    match &environment.own_schema {
        Some(own) if own.usable => Finding::new(Level::Fine, subject, format!("schema {schema} is there")),
        Some(own) => {
            Finding::new(Level::Advice, subject, format!("schema {schema} belongs to {}", own.owner))
                .remedy(format!("grant {} to {role}", own.owner))
        }
        None if environment.creates_schemas => {
            Finding::new(Level::Fine, subject, format!("schema {schema} is made by the first change"))
        }
        None => Finding::new(
            Level::Advice,
            subject,
            format!("there is no schema {schema}, and this role may not make it"),
        )
        .remedy(format!("create schema {schema} authorization {role}")),
    }
}

fn unreadable(environment: &Environment) -> Finding {
    let denied: Vec<&Denied> = environment.denied.iter().filter(|denied| denied.of_statements).collect();
    let objects: Vec<&str> = denied.iter().map(|denied| denied.object.as_str()).collect();
    let message = format!("{} is denied to this role; slow queries stay unknown", objects.join(", "));
    Finding::new(Level::Problem, "pg_stat_statements", message).remedy(grants(denied))
}

fn extension(environment: &Environment) -> Finding {
    let subject = "pg_stat_statements";
    match &environment.extension {
        None => Finding::new(
            Level::Problem,
            subject,
            "the server has no such extension; slow queries stay unknown",
        )
        .remedy("install the server's contrib modules"),
        Some(extension) => match (&extension.installed, &extension.newest, environment.extension_loaded) {
            (_, _, false) => {
                Finding::new(Level::Problem, subject, "its library is not loaded; slow queries stay unknown")
                    .remedy("alter system set shared_preload_libraries = 'pg_stat_statements', then restart")
            }
            (None, ..) => {
                Finding::new(Level::Problem, subject, "not in this database; slow queries stay unknown")
                    .remedy("create extension pg_stat_statements")
            }
            (Some(_), ..) if environment.denied.iter().any(|denied| denied.of_statements) => {
                unreadable(environment)
            }
            (Some(_), ..) if environment.is_set("pg_stat_statements.track", "none") => Finding::new(
                Level::Problem,
                subject,
                "pg_stat_statements.track is none: no statement is counted; slow queries stay unknown",
            )
            .remedy("alter system set pg_stat_statements.track = 'top'; select pg_reload_conf()"),
            (Some(installed), Some(newest), _) if installed != newest => {
                let message = format!("version {installed}; the server has {newest}");
                Finding::new(Level::Advice, subject, message)
                    .remedy("alter extension pg_stat_statements update")
            }
            (Some(installed), ..) => Finding::new(Level::Fine, subject, format!("version {installed}")),
        },
    }
}

fn settings(environment: &Environment) -> Vec<Finding> {
    let is = |name: &str, value: &str| environment.is_set(name, value);
    let told = |bad: bool, level: Level, name: &str, message: &str, remedy: &str| {
        bad.then(|| Finding::new(level, name, message).remedy(remedy))
    };
    let reload = |setting: &str| format!("alter system set {setting}; select pg_reload_conf()");
    let wrong: Vec<Finding> = [
        told(
            is("autovacuum", "off"),
            Level::Problem,
            "autovacuum",
            "off: tables bloat, ids run out",
            &reload("autovacuum = on"),
        ),
        told(
            is("track_counts", "off"),
            Level::Problem,
            "track_counts",
            "off: nothing is counted",
            &reload("track_counts = on"),
        ),
        told(is("fsync", "off"), Level::Problem, "fsync", "off: a crash loses data", &reload("fsync = on")),
        told(
            is("full_page_writes", "off"),
            Level::Problem,
            "full_page_writes",
            "off: a crash may corrupt data",
            &reload("full_page_writes = on"),
        ),
        told(
            is("track_io_timing", "off"),
            Level::Advice,
            "track_io_timing",
            "off: reports cannot tell reading from computing",
            &reload("track_io_timing = on"),
        ),
        told(
            is("log_lock_waits", "off"),
            Level::Advice,
            "log_lock_waits",
            "off: the log does not tell who waited for whom",
            &reload("log_lock_waits = on"),
        ),
        told(
            is("idle_in_transaction_session_timeout", "0"),
            Level::Advice,
            "idle_in_transaction_session_timeout",
            "none: a forgotten transaction holds its locks, and vacuum back, without end",
            &reload("idle_in_transaction_session_timeout = '10min'"),
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if wrong.is_empty() { vec![Finding::new(Level::Fine, "settings", "nothing to change")] } else { wrong }
}
