//! systemd units: a service and a timer for each job. The journal keeps what a job says; exit 5, which says that the
//! next run will do it, counts as success.
use std::collections::BTreeMap;

use crate::operations::schedule::crontab::quoted;
use crate::operations::schedule::job::{Call, Job};
use crate::operations::schedule::{Difference, DifferenceKind};

/// A unit file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub file: String,
    pub text: String,
}

/// `program`: with the options that every call has; its first word is an absolute path.
pub fn systemd(jobs: &[Job], program: &[String], user: Option<&str>) -> Vec<Unit> {
    jobs.iter().flat_map(|job| [service(job, program, user), timer(job)]).collect()
}

fn service(job: &Job, program: &[String], user: Option<&str>) -> Unit {
    let exec = match &job.call {
        Call::Pgtend(arguments) => {
            let words: Vec<String> = program.iter().chain(arguments).map(|word| exec_word(word)).collect();
            words.join(" ")
        }
        Call::Shell(command) => format!("/bin/sh -c {}", exec_word(command)),
    };
    let user = user.map(|user| format!("User={user}\n")).unwrap_or_default();
    let text = format!(
        "# Written by `pgtend schedule systemd`.\n\
         [Unit]\n\
         Description=pgtend: {about}\n\
         After=network-online.target\n\
         Wants=network-online.target\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         {user}\
         ExecStart={exec}\n\
         # Busy: the next run does it.\n\
         SuccessExitStatus=5\n\
         NoNewPrivileges=yes\n",
        about = job.about
    );
    Unit { file: format!("pgtend-{}.service", job.name), text }
}

fn timer(job: &Job) -> Unit {
    let text = format!(
        "# Written by `pgtend schedule systemd`.\n\
         [Unit]\n\
         Description=pgtend: {about}\n\
         \n\
         [Timer]\n\
         OnCalendar={calendar}\n\
         # What was due while the machine was off runs when it is on again.\n\
         Persistent=true\n\
         AccuracySec=5s\n\
         \n\
         [Install]\n\
         WantedBy=timers.target\n",
        about = job.about,
        calendar = job.cadence.calendar()
    );
    Unit { file: format!("pgtend-{}.timer", job.name), text }
}

/// For `ExecStart=`, which knows specifiers and variables besides quotes.
fn exec_word(word: &str) -> String {
    let word = word.replace('\\', "\\\\").replace('%', "%%").replace('$', "$$");
    if quoted(&word) == word { word } else { format!("\"{}\"", word.replace('"', "\\\"")) }
}

/// What a folder has and lacks; `installed`: the text of each of its files that begin with `pgtend-`.
pub fn check_units(installed: &BTreeMap<String, String>, wanted: &[Unit]) -> Vec<Difference> {
    let of = |kind, what: &str| Difference { kind, what: what.to_owned() };
    let mut differences = Vec::new();
    for unit in wanted {
        match installed.get(&unit.file) {
            None => differences.push(of(DifferenceKind::Missing, &unit.file)),
            Some(text) if settings(text) != settings(&unit.text) => {
                differences.push(of(DifferenceKind::Different, &unit.file));
            }
            Some(_) => {}
        }
    }
    let extra = installed.keys().filter(|file| !wanted.iter().any(|unit| unit.file == **file));
    differences.extend(extra.map(|file| of(DifferenceKind::Extra, file)));
    differences
}

/// Without comments and empty lines.
fn settings(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';'])).collect()
}
