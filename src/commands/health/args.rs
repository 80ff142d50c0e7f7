//! The flags of `pgtend health`, and what becomes of the answer.
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::commands::context::{Context, OUTPUT};
use crate::commands::health::document::tell;
use crate::commands::health::examine::{Selection, examine};
use crate::commands::health::format::HealthFormat;
use crate::commands::health::list::list;
use crate::failure::{Exit, one_line};
use crate::operations::health::{Probe, State};
use crate::output::{Ui, exit_of};

const FORMATS: &str = "\
Exit codes are those of Nagios plugins:
  0  OK
  1  WARNING
  2  CRITICAL: a limit is passed, or the server does not answer
  3  UNKNOWN: something could not be read, for the reason given; wrong use and bad configuration too

Limits are set in pgtend.toml:
  [health]
  skip = [\"unused_indexes\"]
  [health.connections]
  warning = \"70 %\"";

/// Check the database's health against limits, with the exit codes of Nagios
#[derive(Debug, Args)]
#[command(after_help = FORMATS)]
pub struct HealthArgs {
    /// How much to check; each takes in those before it
    #[arg(long, value_enum, default_value_t = ProbeArg::Full)]
    probe: ProbeArg,
    /// Check these alone, whatever the probe (separated by commas)
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave these out (separated by commas)
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    skip: Vec<String>,
    /// Warn from this number on, as connections=70 or slow_queries=250ms (can be repeated)
    #[arg(long, value_name = "CHECK=LIMIT")]
    warn: Vec<String>,
    /// Alarm from this number on (can be repeated)
    #[arg(long, value_name = "CHECK=LIMIT")]
    crit: Vec<String>,
    /// Longest time for everything [default: 10s; 2s for the live and ready probes]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    /// What a check that cannot tell counts as in the exit code
    #[arg(long, value_enum, value_name = "STATE", default_value_t = UnknownAs::Unknown)]
    unknown_as: UnknownAs,
    /// List the checks with their limits, and ask no server
    #[arg(long)]
    list: bool,
    /// Format of the answer
    #[arg(long, value_name = "FORMAT", value_parser = HealthFormat::names(), default_value = "table",
          help_heading = OUTPUT)]
    format: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProbeArg {
    /// Does the server answer?
    Live,
    /// Has it room for one more session?
    Ready,
    /// What an on-call is woken for
    Basic,
    /// Everything
    Full,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum UnknownAs {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl HealthArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let failed = match self.check(context).await {
            Ok(exit) => return Ok(exit),
            Err(error) => error,
        };
        if matches!(exit_of(&failed), Exit::Interrupted | Exit::Terminated | Exit::Done) {
            return Err(failed);
        }
        // What Nagios would take for critical is only that nothing is known.
        self.fail(&context.ui, &failed)
    }

    /// Tells an error, and to Nagios in the one line that it reads: also of what went wrong before there was a context.
    ///
    /// # Errors
    /// When the answer cannot be written.
    pub fn fail(&self, ui: &Ui, error: &anyhow::Error) -> anyhow::Result<Exit> {
        ui.error(error);
        if self.format(ui) == HealthFormat::Nagios {
            ui.answer(&format!("PGTEND UNKNOWN - {}", one_line(error).replace(['|', '\n', '\r'], " ")))?;
        }
        Ok(exit(State::Unknown))
    }

    fn format(&self, ui: &Ui) -> HealthFormat {
        if ui.is_json() {
            return HealthFormat::Json;
        }
        HealthFormat::from_str(&self.format, true).unwrap_or(HealthFormat::Table)
    }

    async fn check(&self, context: &Context) -> anyhow::Result<Exit> {
        let probe = self.probe.probe();
        let selection = Selection::read(context, probe, &self.only, &self.skip, &self.warn, &self.crit)?;
        if self.list {
            list(context, &selection)?;
            return Ok(Exit::Done);
        }
        let usual = if probe <= Probe::Ready { 2 } else { 10 };
        let timeout = self.timeout.unwrap_or(Duration::from_secs(usual));
        let examined = examine(context, &selection, timeout).await?;
        let state = examined.state();
        let exit = exit(if state == State::Unknown { self.unknown_as.state() } else { state });
        tell(context, self.format(&context.ui), &examined, probe, exit)?;
        Ok(exit)
    }
}

fn exit(state: State) -> Exit {
    Exit::Foreign(state.code().unwrap_or(0))
}

impl UnknownAs {
    const fn state(self) -> State {
        match self {
            Self::Ok => State::Ok,
            Self::Warning => State::Warning,
            Self::Critical => State::Critical,
            Self::Unknown => State::Unknown,
        }
    }
}

impl ProbeArg {
    const fn probe(self) -> Probe {
        match self {
            Self::Live => Probe::Live,
            Self::Ready => Probe::Ready,
            Self::Basic => Probe::Basic,
            Self::Full => Probe::Full,
        }
    }
}
