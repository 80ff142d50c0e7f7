//! `pgtend demo`
use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use crate::apply::{Stop, Stopped};
use crate::commands::context::Context;
use crate::demo::{
    BISMAN, COFFEEBIZ, Event, REALTIME_CONNECT, REDBUT, SERVIO, Setting, Story, play, take_leave,
};
use crate::failure::{Exit, Explain as _};
use crate::output::Color;

/// See pgtend at work on a private server, with the tables of a real system
///
/// Nothing of yours is read or changed: the server is started for the demo, lives in memory or below TMPDIR, and is
/// gone when the demo ends. Every command that it shows is really run.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Whose tables
    #[arg(value_enum, default_value_t = System::Bisman)]
    system: System,
    /// Messages, guests or orders to begin with; all other rows are in proportion
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(i64).range(1000..=50_000_000))]
    rows: i64,
    /// Leave the server up at the end, until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// Major version of the server [default: the newest installed]
    #[arg(long, value_name = "MAJOR")]
    pg_version: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum System {
    /// Chat and ERP: threads, usage events, audit entries
    Bisman,
    /// Coffee shops: a year of analytics, materialized views
    Coffeebiz,
    /// Strangers talk: a queue, matches, messages
    #[value(name = "realtime_connect")]
    RealtimeConnect,
    /// Guests, tables and waiters: sessions by month
    Redbut,
    /// Forty restaurants: orders, stock, menus, reservations
    Servio,
}

impl System {
    const fn story(self) -> &'static Story {
        match self {
            Self::Bisman => &BISMAN,
            Self::Coffeebiz => &COFFEEBIZ,
            Self::RealtimeConnect => &REALTIME_CONNECT,
            Self::Redbut => &REDBUT,
            Self::Servio => &SERVIO,
        }
    }
}

impl DemoArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        if context.ui.is_json() {
            let error = anyhow!("a demo is told to people, and has no form for programs");
            return Err(error.exit(Exit::Usage));
        }
        let tell = |event: &Event<'_>| context.ui.story(event);
        let story = self.system.story();
        let setting =
            Setting { major: self.pg_version, rows: self.rows, environment: colour(context.ui.color()) };
        let stage = tokio::select! {
            stage = play(story, &setting, &tell) => stage,
            stopped = stopped(&context.stop) => Err(stopped.into()),
        };
        context.ui.story_ended();
        let stage = stage?;
        take_leave(story, &stage, self.keep, &tell)?;
        if self.keep {
            // Ctrl-C is how the reader says that the demo has done what it should.
            stopped(&context.stop).await;
        }
        Ok(Exit::Done)
    }
}

async fn stopped(stop: &Stop) -> Stopped {
    loop {
        if let Err(stopped) = stop.sleep(Duration::MAX).await {
            return stopped;
        }
    }
}

/// What makes the programs in the story choose as this one does.
fn colour(chosen: Color) -> Vec<(&'static str, &'static str)> {
    match chosen {
        Color::Auto => Vec::new(),
        Color::Always => vec![("CLICOLOR_FORCE", "1")],
        Color::Never => vec![("NO_COLOR", "1")],
    }
}
