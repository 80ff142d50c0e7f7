//! A crontab. Cron mails what a job prints, so a job prints only when somebody should know: exit 5, which says that
//! the next run will do it, is no news.
use std::fmt::Write as _;

use crate::operations::schedule::job::{Call, Job};
use crate::operations::schedule::{Difference, DifferenceKind};

const BEGIN: &str = "# begin of pgtend's jobs";
const END: &str = "# end of pgtend's jobs";

/// `program`: with the options that every call has. `user`: for a file in `/etc/cron.d`, whose lines name one.
pub fn crontab(jobs: &[Job], program: &[String], user: Option<&str>) -> String {
    let mut text = format!(
        "{BEGIN}\n# Written by `pgtend schedule crontab`; `pgtend schedule crontab --check FILE` compares. Times are this machine's.\n\
         # A job is silent unless it fails; exit 5 (busy, the next run does it) is no failure. Two runs at once are safe.\n"
    );
    for job in jobs {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# {}: {}\n{}", job.name, job.about, line(job, program, user));
    }
    text.push_str(END);
    text.push('\n');
    text
}

fn line(job: &Job, program: &[String], user: Option<&str>) -> String {
    let command = match &job.call {
        Call::Pgtend(arguments) => {
            let words: Vec<String> = program.iter().chain(arguments).map(|word| quoted(word)).collect();
            let call = format!("{} --quiet", words.join(" "));
            format!("out=$({call} 2>&1); rc=$?; [ $rc = 0 ] || [ $rc = 5 ] || {{ echo \"$out\"; exit $rc; }}")
        }
        Call::Shell(command) => command.clone(),
    };
    // Cron takes a percent sign for the end of the line.
    let command = command.replace('%', "\\%");
    let user = user.map(|user| format!("{user} ")).unwrap_or_default();
    format!("{} {user}{command}", job.cadence.cron())
}

/// For a shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What an installed crontab has and lacks. Lines outside pgtend's own are others' affair, but for those that call it.
pub fn check_crontab(
    installed: &str,
    jobs: &[Job],
    program: &[String],
    user: Option<&str>,
) -> Vec<Difference> {
    let wanted: Vec<String> = jobs.iter().map(|job| line(job, program, user)).collect();
    let mut inside = false;
    let mut found = Vec::new();
    for text in installed.lines().map(str::trim) {
        match text {
            BEGIN => inside = true,
            END => inside = false,
            "" => {}
            _ if text.starts_with('#') => {}
            _ if inside || wanted.iter().any(|line| squeezed(line) == squeezed(text)) => found.push(text),
            _ => {}
        }
    }
    let mut differences = Vec::new();
    for line in &wanted {
        match found.iter().position(|text| squeezed(text) == squeezed(line)) {
            // What stands there twice runs twice.
            Some(place) => drop(found.remove(place)),
            None => differences.push(Difference { kind: DifferenceKind::Missing, what: line.clone() }),
        }
    }
    let extra = |text: &str| Difference { kind: DifferenceKind::Extra, what: text.to_owned() };
    differences.extend(found.into_iter().map(extra));
    differences
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
