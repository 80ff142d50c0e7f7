//! From the configuration to the jobs, and to the words that every call of pgtend begins with.
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::config::{Config, OwnWork};
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::Every;
use crate::operations::schedule::{Call, Daytime, Difference, Job, Own, Wants, jobs};
use crate::output::{Cell, Column, Format, Listing};

/// How the printed lines call pgtend.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// The program as the scheduler calls it [default: this one]
    #[arg(long, value_name = "PATH")]
    program: Option<String>,
    /// The user that the jobs run as [default: whose crontab or unit it is]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

impl CallArgs {
    /// # Errors
    /// When it could not be a user's name: it stands in a line among others.
    pub fn user(&self, context: &Context) -> anyhow::Result<Option<String>> {
        let user = self.user.as_ref().or(context.config.schedule.user.as_ref());
        let fits = |c: char| c.is_alphanumeric() || "._-$".contains(c);
        if let Some(user) = user.filter(|user| user.is_empty() || !user.chars().all(fits)) {
            return Err(anyhow!("`{user}` is no user of this machine").exit(Exit::Usage));
        }
        Ok(user.cloned())
    }

    /// The program with the options of every call: the configuration, and the connection that it names.
    pub fn program(&self, context: &Context) -> anyhow::Result<Vec<String>> {
        let program = match self.program.as_ref().or(context.config.schedule.program.as_ref()) {
            Some(program) => program.clone(),
            None => {
                let this = std::env::current_exe().context("find this program")?;
                this.to_str().context("this program's path is no text")?.to_owned()
            }
        };
        ensure!(program.starts_with('/'), "a scheduler needs the whole path of the program, not `{program}`");
        let file = context.config.file.as_ref().context("there is no configuration to schedule for")?;
        let file = std::path::absolute(file).context("find the configuration")?;
        let file = file.to_str().context("the configuration's path is no text")?.to_owned();
        Ok([vec![program, "--config".to_owned(), file], connection(&context.config)?].concat())
    }
}

/// # Errors
/// When it holds a password: what is printed ends up in mails and in version control.
pub fn connection(config: &Config) -> anyhow::Result<Vec<String>> {
    for word in &config.schedule.connection {
        let authority = word.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
        let secret = word.contains("password=") || authority.is_some_and(|(user, _)| user.contains(':'));
        if secret {
            let error = anyhow!("`connection` in [schedule] holds a password").exit(Exit::Usage);
            return Err(error.hint("name a service (-d service=NAME), and keep the password in ~/.pgpass"));
        }
    }
    Ok(config.schedule.connection.clone())
}

/// # Errors
/// `Exit::Usage` when the configuration asks for nothing that needs a scheduler.
pub fn wanted(context: &Context) -> anyhow::Result<Vec<Job>> {
    let config = &context.config;
    let schedule = &config.schedule;
    let daily_at = schedule.daily_at.as_deref().map(Daytime::parse).transpose();
    let own = schedule.job.iter().map(|job| Own {
        name: job.name.clone(),
        call: match &job.what {
            OwnWork::Command(command) => Call::Shell(command.clone()),
            OwnWork::Function(_) => {
                Call::Pgtend(vec!["schedule".to_owned(), "run".to_owned(), job.name.clone()])
            }
        },
        every: job.every,
    });
    let wants = Wants {
        partitions: !config.partition.is_empty(),
        lets_go: config.partition.iter().any(|table| table.keep.is_some()),
        hourly: config.partition.iter().any(|table| table.every == Some(Every::Hour)),
        matviews: config.matview.iter().map(|view| view.max_age).collect(),
        stats: config.stats.is_some(),
        stats_every: schedule.stats_every,
        partition_every: schedule.partition_every,
        matview_every: schedule.matview_every,
        daily_at: daily_at.context("read `daily_at` in [schedule]").exit(Exit::Usage)?,
        own: own.collect(),
    };
    let jobs = jobs(&wants).exit(Exit::Usage)?;
    if jobs.is_empty() {
        let error = anyhow!("the configuration asks for nothing that a scheduler would run");
        return Err(error
            .exit(Exit::Usage)
            .hint("write a [[partition]] or [[matview]] section into pgtend.toml"));
    }
    Ok(jobs)
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    differences: &'a [Difference],
}

const COLUMNS: [Column<Difference>; 2] = [
    Column { header: "Difference", name: "kind", cell: |one| Cell::Text(one.kind.word().to_owned()) },
    Column { header: "What", name: "what", cell: |one| Cell::Text(one.what.clone()) },
];

/// Tells what an installed schedule has and lacks.
pub fn tell(context: &Context, schema: &str, differences: &[Difference]) -> anyhow::Result<Exit> {
    let exit = if differences.is_empty() { Exit::Done } else { Exit::Found };
    if context.ui.format() == Format::Json {
        context.ui.document(schema, &Document { exit_code: exit.code(), differences })?;
    } else if differences.is_empty() {
        context.ui.chat("what is installed is what the configuration asks for");
    } else {
        context.ui.listing(&Listing::new(&COLUMNS, differences))?;
    }
    Ok(exit)
}

/// The text of what is installed; `-` is standard input.
pub fn installed(file: &Path) -> anyhow::Result<String> {
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    text.with_context(|| format!("read {}", file.display()))
}
