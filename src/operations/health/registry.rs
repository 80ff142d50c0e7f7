//! The one list of checks: what each is called, what it needs, from which number on it alarms, and who judges.
use std::collections::BTreeMap;

use anyhow::ensure;
use serde::Serialize;

use crate::operations::health::evidence::Evidence;
use crate::operations::health::limits::{Limits, Unit};
use crate::operations::health::state::{Judged, State, Verdict};
use crate::operations::health::{
    bloat, indexes, matviews, partitions, replication, sequences, server, sessions, statements, tables,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Server,
    Sessions,
    Replication,
    Tables,
    Indexes,
    Statements,
    Partitions,
    Matviews,
}

/// How much is asked. Each takes in those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Does the server answer?
    Live,
    /// Has it room for one more session?
    Ready,
    /// What an on-call is woken for.
    Basic,
    Full,
}

/// The part of the evidence that a check needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Server,
    Sessions,
    Replication,
    Tables,
    Bloat,
    Sequences,
    Indexes,
    Statements,
    Matviews,
    Refreshes,
    Partitions,
    /// What was done of late, out of the snapshot store.
    Recent,
}

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    pub name: &'static str,
    pub group: Group,
    /// The least that takes it in.
    pub probe: Probe,
    /// What it looks at, and what `at_least` is of.
    pub about: &'static str,
    pub unit: Unit,
    /// Of `at_least`.
    pub floor: Unit,
    /// Before the configuration.
    pub limits: Limits,
    pub(super) sources: &'static [Source],
    judge: fn(&Evidence, &Limits) -> Judged,
}

const fn check(
    (name, group, probe): (&'static str, Group, Probe),
    about: &'static str,
    unit: Unit,
    limits: Limits,
    sources: &'static [Source],
    judge: fn(&Evidence, &Limits) -> Judged,
) -> Check {
    let floor = Unit::Count;
    Check { name, group, probe, about, unit, floor, limits, sources, judge }
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const MB: f64 = 1024.0 * 1024.0;
const GB: f64 = 1024.0 * MB;
/// From one on.
const ANY: Limits = Limits::warning(1.0);

/// Every check, in the order in which they are told.
pub const CHECKS: [Check; 33] = {
    use Group::{Indexes, Matviews, Partitions, Replication, Server, Sessions, Statements, Tables};
    use Probe::{Basic, Full, Live, Ready};
    use Source as S;
    use Unit as U;
    [
        check(
            ("connect", Server, Live),
            "time until the server has answered for the first time",
            U::Milliseconds,
            Limits::of(100.0, 1000.0),
            &[],
            server::connect,
        ),
        check(
            ("connections", Sessions, Ready),
            "connections taken of those that server, database and role allow, reserved ones left out",
            U::Percent,
            Limits::of(80.0, 95.0),
            &[S::Sessions, S::Server],
            sessions::connections,
        ),
        check(
            ("blocked", Sessions, Basic),
            "longest wait for a lock",
            U::Seconds,
            Limits::of(10.0, MINUTE),
            &[S::Sessions],
            sessions::blocked,
        ),
        check(
            ("long_queries", Sessions, Basic),
            "longest running query of a client",
            U::Seconds,
            Limits::of(5.0 * MINUTE, HOUR),
            &[S::Sessions],
            sessions::queries,
        ),
        check(
            ("idle_in_transaction", Sessions, Basic),
            "longest idling within a transaction",
            U::Seconds,
            Limits::of(MINUTE, 10.0 * MINUTE),
            &[S::Sessions],
            sessions::idle_in_transaction,
        ),
        check(
            ("prepared_transactions", Sessions, Basic),
            "age of the oldest prepared transaction",
            U::Seconds,
            Limits::of(5.0 * MINUTE, HOUR),
            &[S::Sessions],
            sessions::prepared,
        ),
        check(
            ("snapshots", Sessions, Basic),
            "transactions since the oldest snapshot of a session, slot or prepared transaction, which vacuum must heed",
            U::Transactions,
            Limits::of(10e6, 100e6),
            &[S::Sessions],
            sessions::snapshots,
        ),
        check(
            ("wraparound", Server, Basic),
            "transaction ids used before they wrap around; also 1.5 times autovacuum_freeze_max_age",
            U::Percent,
            Limits::of(60.0, 80.0),
            &[S::Server],
            server::xids,
        ),
        check(
            ("multixact_wraparound", Server, Basic),
            "multixact ids used before they wrap around; also 1.5 times autovacuum_multixact_freeze_max_age",
            U::Percent,
            Limits::of(60.0, 80.0),
            &[S::Server],
            server::multixacts,
        ),
        check(
            ("sequences", Tables, Basic),
            "values used of the fullest sequence, or of the integer column that it fills",
            U::Percent,
            Limits::of(75.0, 90.0),
            &[S::Sequences],
            sequences::used,
        ),
        check(
            ("replication_lag", Replication, Basic),
            "how far the last standby is behind; on a standby, how far it is itself",
            U::Seconds,
            Limits::of(30.0, 5.0 * MINUTE),
            &[S::Replication],
            replication::lag,
        ),
        check(
            ("synchronous_standbys", Replication, Basic),
            "synchronous standbys that are not there, of those that commits wait for",
            U::Count,
            Limits { warning: None, critical: None, at_least: None },
            &[S::Replication],
            replication::synchronous,
        ),
        check(
            ("replication_slots", Replication, Basic),
            "WAL that a replication slot keeps; also slots that have lost what they need, or whose standby is away",
            U::Bytes,
            Limits::of(GB, 10.0 * GB),
            &[S::Replication],
            replication::slots,
        ),
        check(
            ("archiver", Replication, Basic),
            "time without archived WAL while archiving fails",
            U::Seconds,
            Limits::of(0.0, 15.0 * MINUTE),
            &[S::Server],
            server::archiver,
        ),
        check(
            ("checksums", Server, Basic),
            "pages that failed their checksum",
            U::Count,
            Limits { warning: None, critical: Some(1.0), at_least: None },
            &[S::Server],
            server::checksums,
        ),
        check(
            ("settings", Server, Basic),
            "settings that endanger data or switch upkeep off",
            U::Count,
            Limits { warning: None, critical: None, at_least: None },
            &[S::Server],
            server::settings,
        ),
        check(
            ("partition_horizon", Partitions, Basic),
            "periods ahead for which a partitioned table has partitions, or as many as are configured",
            U::Periods,
            Limits::of(2.0, 1.0),
            &[S::Partitions],
            partitions::horizon,
        ),
        check(
            ("partition_upkeep", Partitions, Basic),
            "rows in default partitions, gaps, retention overdue, what interrupted runs have left",
            U::Count,
            ANY,
            &[S::Partitions],
            partitions::upkeep,
        ),
        check(
            ("matviews", Matviews, Basic),
            "materialized views that were never filled",
            U::Count,
            Limits { warning: None, critical: Some(1.0), at_least: None },
            &[S::Matviews],
            matviews::populated,
        ),
        check(
            ("matview_age", Matviews, Basic),
            "age of materialized views as a multiple of the max_age that is configured; also a last refresh that failed",
            U::Times,
            Limits::of(1.0, 2.0),
            &[S::Refreshes],
            matviews::age,
        ),
        check(
            ("cache_hit", Server, Basic),
            "blocks found in shared buffers, in the last hour by the snapshot store, without one since the statistics were \
             reset; at least so many blocks read",
            U::PercentFalling,
            Limits::of(80.0, 60.0).at_least(100_000.0),
            &[S::Server, S::Recent],
            server::cache,
        ),
        check(
            ("slow_queries", Statements, Full),
            "mean time of the slowest statement of at least so many calls, in the last hour by the snapshot store, without \
             one since pg_stat_statements was reset; critical from 1 % of all time on",
            U::Milliseconds,
            Limits::of(100.0, 1000.0).at_least(10.0),
            &[S::Statements, S::Recent],
            statements::slow,
        ),
        check(
            ("statements_fill", Statements, Full),
            "entries used of pg_stat_statements, which forgets when it is full",
            U::Percent,
            Limits::warning(90.0),
            &[S::Statements],
            statements::fill,
        ),
        check(
            ("pending_restart", Server, Full),
            "settings changed that wait for a restart",
            U::Count,
            ANY,
            &[S::Server],
            server::pending_restart,
        ),
        check(
            ("dead_rows", Tables, Full),
            "dead rows as a multiple of the number at which autovacuum comes; tables with at least so many",
            U::Times,
            Limits::of(2.0, 5.0).at_least(1000.0),
            &[S::Tables, S::Server],
            tables::dead_rows,
        ),
        check(
            ("autovacuum", Tables, Full),
            "tables for which autovacuum is switched off",
            U::Count,
            ANY,
            &[S::Tables],
            tables::autovacuum,
        ),
        check(
            ("statistics", Tables, Full),
            "tables with rows that were never analyzed, partitioned ones among them",
            U::Count,
            ANY,
            &[S::Tables],
            tables::analyzed,
        ),
        check(
            ("table_bloat", Tables, Full),
            "share of a table that its rows do not need, estimated; tables where it is at least so much",
            U::Percent,
            Limits::of(30.0, 60.0).at_least(GB),
            &[S::Bloat],
            bloat::tables,
        )
        .by_bytes(),
        check(
            ("invalid_indexes", Indexes, Full),
            "indexes that an interrupted build has left",
            U::Count,
            ANY,
            &[S::Indexes],
            indexes::invalid,
        ),
        check(
            ("duplicate_indexes", Indexes, Full),
            "indexes that repeat another",
            U::Count,
            ANY,
            &[S::Indexes],
            indexes::duplicate,
        ),
        check(
            ("foreign_keys", Indexes, Full),
            "foreign keys without an index on the referencing columns",
            U::Count,
            ANY,
            &[S::Indexes],
            indexes::foreign_keys,
        ),
        check(
            ("unused_indexes", Indexes, Full),
            "indexes of at least that size that nothing has used for 30 days",
            U::Count,
            ANY.at_least(10.0 * MB),
            &[S::Indexes, S::Server],
            indexes::unused,
        )
        .by_bytes(),
        check(
            ("unvalidated_constraints", Indexes, Full),
            "constraints that were not proved for older rows",
            U::Count,
            ANY,
            &[S::Indexes],
            indexes::unvalidated,
        ),
    ]
};

/// # Errors
/// The nearest known name, if one is near.
pub fn known(name: &str) -> Result<&'static Check, Option<&'static str>> {
    const NEAR: f64 = 0.75;
    let found = CHECKS.iter().find(|check| check.name == name);
    found.ok_or_else(|| {
        let near = CHECKS.iter().map(|check| (strsim::jaro_winkler(name, check.name), check.name));
        let near = near.filter(|(likeness, _)| *likeness > NEAR).max_by(|a, b| a.0.total_cmp(&b.0));
        near.map(|(_, name)| name)
    })
}

/// Judges by the evidence. `limits` are those that differ from a check's own. Pure.
pub fn judge(evidence: &Evidence, checks: &[&Check], limits: &BTreeMap<String, Limits>) -> Vec<Verdict> {
    checks.iter().map(|check| check.verdict(evidence, check.limits_in(limits))).collect()
}

impl Check {
    /// What is too small to be looked at is so by its bytes.
    const fn by_bytes(self) -> Self {
        Self { floor: Unit::Bytes, ..self }
    }

    pub fn limits_in(&self, limits: &BTreeMap<String, Limits>) -> Limits {
        let own = limits.get(self.name).copied().unwrap_or_default();
        Limits {
            warning: own.warning.or(self.limits.warning),
            critical: own.critical.or(self.limits.critical),
            at_least: own.at_least.or(self.limits.at_least),
        }
    }

    /// # Errors
    /// When a limit can never be reached, or the check would alarm before it warns.
    pub fn fits(&self, limits: &BTreeMap<String, Limits>) -> anyhow::Result<()> {
        let limits = self.limits_in(limits);
        let (name, unit) = (self.name, self.unit);
        for limit in [limits.warning, limits.critical].into_iter().flatten() {
            ensure!(unit != Unit::Percent || limit <= 100.0, "`{name}` never reaches {}", unit.show(limit));
        }
        if let (Some(warning), Some(critical)) = (limits.warning, limits.critical) {
            let crossed = if unit.is_falling() { warning < critical } else { warning > critical };
            let (warning, critical) = (unit.show(warning), unit.show(critical));
            ensure!(!crossed, "`{name}` would alarm at {critical} and warn only at {warning}: set both");
        }
        Ok(())
    }

    fn verdict(&self, evidence: &Evidence, limits: Limits) -> Verdict {
        let told = |state: State, message: String| Verdict {
            check: self.name,
            group: self.group.word(),
            state,
            message,
            value: None,
            unit: self.unit.word(),
            limits,
            objects: Vec::new(),
            remedy: None,
        };
        match (self.judge)(evidence, &limits) {
            Ok(found) => Verdict {
                value: found.value,
                objects: found.objects,
                remedy: found.remedy.filter(|remedy| !remedy.is_empty()),
                ..told(found.state, found.message)
            },
            Err(missing) => Verdict { remedy: missing.remedy, ..told(missing.state, missing.reason) },
        }
    }

    /// Instead of judging, where no connection came about.
    pub fn unreached(&self, state: State, message: String, remedy: Option<String>) -> Verdict {
        Verdict {
            check: self.name,
            group: self.group.word(),
            state,
            message,
            value: None,
            unit: self.unit.word(),
            limits: self.limits,
            objects: Vec::new(),
            remedy,
        }
    }
}

impl Group {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Sessions => "sessions",
            Self::Replication => "replication",
            Self::Tables => "tables",
            Self::Indexes => "indexes",
            Self::Statements => "statements",
            Self::Partitions => "partitions",
            Self::Matviews => "matviews",
        }
    }
}

impl Probe {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ready => "ready",
            Self::Basic => "basic",
            Self::Full => "full",
        }
    }
}
