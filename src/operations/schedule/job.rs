//! What has to run for a configuration: a pure function of what it asks for.
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::operations::schedule::{Cadence, Daytime, often_enough};

/// What the configuration asks for.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Partitioned tables are tended.
    pub partitions: bool,
    /// Some partitions are dropped or detached, which somebody has to agree to beforehand.
    pub lets_go: bool,
    /// Some table has partitions of an hour.
    pub hourly: bool,
    /// For each materialized view the age that it may reach, where one is given.
    pub matviews: Vec<Option<Duration>>,
    /// Snapshots of the server's statistics are kept.
    pub stats: bool,
    pub stats_every: Option<Duration>,
    pub partition_every: Option<Duration>,
    pub matview_every: Option<Duration>,
    pub daily_at: Option<Daytime>,
    pub own: Vec<Own>,
}

/// A job of the user's own.
#[derive(Clone, Debug)]
pub struct Own {
    pub name: String,
    pub call: Call,
    pub every: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Lower case with hyphens: a part of file names.
    pub name: String,
    pub about: String,
    pub call: Call,
    pub cadence: Cadence,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Arguments of pgtend.
    Pgtend(Vec<String>),
    /// A command of the user's.
    Shell(String),
}

/// Away from the full hour, at which everybody else runs.
const MINUTE: u32 = 7;
const NIGHT: Daytime = Daytime::new(2, 37);
const BETWEEN_MINUTES: u32 = 20;
const CAPTURE: Duration = Duration::from_secs(600);

/// # Errors
/// When something is wanted more often than a scheduler can, or a job of the user's has a name that is taken.
pub fn jobs(wants: &Wants) -> anyhow::Result<Vec<Job>> {
    let night = wants.daily_at.unwrap_or(NIGHT);
    let mut jobs = Vec::new();
    if wants.partitions {
        let usual = if wants.hourly { Cadence::Hours(1, MINUTE) } else { Cadence::Daily(night) };
        let cadence = wants.partition_every.map_or(Ok(usual), |every| Cadence::every(every, MINUTE, night));
        let yes = if wants.lets_go { &["--yes"][..] } else { &[] };
        jobs.push(Job {
            name: "partition-maintain".to_owned(),
            about: "create partitions ahead, let those behind go, analyze partitioned tables".to_owned(),
            call: pgtend(&[&["partition", "maintain", "--analyze"], yes].concat()),
            cadence: cadence.context("read `partition_every`")?,
        });
    }
    if !wants.matviews.is_empty() {
        let at = night.later(BETWEEN_MINUTES);
        jobs.push(Job {
            name: "matview-refresh".to_owned(),
            about: "refresh the materialized views that are due".to_owned(),
            call: pgtend(&["matview", "refresh", "--all"]),
            cadence: match wants.matview_every {
                Some(every) => Cadence::every(every, MINUTE, at).context("read `matview_every`")?,
                None => refreshes(&wants.matviews, at)?,
            },
        });
    }
    if wants.stats {
        let every = wants.stats_every.unwrap_or(CAPTURE);
        jobs.push(Job {
            name: "stats-capture".to_owned(),
            about: "keep a snapshot of the server's statistics".to_owned(),
            call: pgtend(&["stats", "capture"]),
            cadence: Cadence::every(every, MINUTE, night).context("read `stats_every`")?,
        });
        jobs.push(Job {
            name: "stats-prune".to_owned(),
            about: "let go of snapshots that are older than is kept".to_owned(),
            call: pgtend(&["stats", "prune"]),
            cadence: Cadence::Weekly(night.later(3 * BETWEEN_MINUTES)),
        });
    }
    for own in &wants.own {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        ensure!(
            !own.name.is_empty() && own.name.chars().all(letters),
            "the job `{}`: a name is of lower-case letters, digits and hyphens",
            own.name
        );
        ensure!(!jobs.iter().any(|job| job.name == own.name), "the job `{}` is there twice", own.name);
        if let Call::Shell(command) = &own.call {
            ensure!(!command.contains('\n'), "the job `{}`: a command is one line", own.name);
        }
        let cadence = Cadence::every(own.every, MINUTE, night.later(2 * BETWEEN_MINUTES));
        jobs.push(Job {
            name: own.name.clone(),
            about: match &own.call {
                Call::Pgtend(_) => {
                    "call a function of the database, as the configuration wants it".to_owned()
                }
                Call::Shell(_) => "a command of the configuration".to_owned(),
            },
            call: own.call.clone(),
            cadence: cadence.with_context(|| format!("read the job `{}`", own.name))?,
        });
    }
    Ok(jobs)
}

fn pgtend(arguments: &[&str]) -> Call {
    Call::Pgtend(arguments.iter().map(|argument| (*argument).to_owned()).collect())
}

fn refreshes(ages: &[Option<Duration>], at: Daytime) -> anyhow::Result<Cadence> {
    let ages: Vec<Duration> = ages.iter().copied().flatten().collect();
    if ages.is_empty() {
        return Ok(Cadence::Daily(at));
    }
    often_enough(&ages, MINUTE, at)
        .context("no scheduler runs often enough for the smallest `max_age`: give it a minute at least")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_taken_only_where_they_are_kept() {
        let wants = Wants { matviews: vec![None], ..Wants::default() };
        let names = |wants: &Wants| -> Vec<String> {
            jobs(wants)
                .unwrap()
                .into_iter()
                .map(|job| format!("{} {}", job.name, job.cadence.cron()))
                .collect()
        };
        assert_eq!(names(&wants), ["matview-refresh 57 2 * * *"]);
        let stats = Wants { stats: true, ..Wants::default() };
        assert_eq!(names(&stats), ["stats-capture */10 * * * *", "stats-prune 37 3 * * 0"]);
        let hourly = Wants { stats_every: Some(Duration::from_secs(3600)), ..stats };
        assert_eq!(names(&hourly)[0], "stats-capture 7 * * * *");
    }

    #[test]
    fn what_lets_partitions_go_was_agreed_to_beforehand() {
        let wants = Wants { partitions: true, ..Wants::default() };
        let call = |wants: &Wants| jobs(wants).unwrap().remove(0).call;
        assert_eq!(call(&wants), pgtend(&["partition", "maintain", "--analyze"]));
        let lets_go = Wants { lets_go: true, hourly: true, ..wants };
        assert_eq!(call(&lets_go), pgtend(&["partition", "maintain", "--analyze", "--yes"]));
        assert_eq!(jobs(&lets_go).unwrap()[0].cadence, Cadence::Hours(1, MINUTE));
    }
}
