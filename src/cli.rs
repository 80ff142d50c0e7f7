//! The root parser: which command, then what its result means for the process.
use std::process::ExitCode;
use std::rc::Rc;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::apply::{Signal, Stop};
use crate::commands::completions::CompletionsArgs;
use crate::commands::context::{Context, GlobalArgs};
use crate::commands::demo::DemoArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::health::HealthArgs;
use crate::commands::help_topics::{EXIT_CODES, HelpArgs};
use crate::commands::index::IndexCommand;
use crate::commands::init::InitArgs;
use crate::commands::matview::MatviewCommand;
use crate::commands::metrics::{MetricsArgs, tell_down, textfile_of};
use crate::commands::migrate::MigrateCommand;
use crate::commands::normalize::NormalizeCommand;
use crate::commands::partition::PartitionCommand;
use crate::commands::report::ReportCommand;
use crate::commands::sandbox::SandboxCommand;
use crate::commands::schedule::ScheduleCommand;
use crate::commands::stats::StatsCommand;
use crate::failure::Exit;
use crate::output::{Ui, Voice, exit_of, explain_panics, show_statements, tell_usage};

/// Tends PostgreSQL databases from outside the server
///
/// Every change is a plan first: the exact SQL, the lock that each step takes, and what an interruption leaves. It is
/// applied under a lock budget, so that the application is never held up for longer.
#[derive(Debug, Parser)]
#[command(name = "pgtend", version, max_term_width = 100, after_help = EXIT_CODES)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(subcommand)]
    Partition(PartitionCommand),
    #[command(subcommand)]
    Index(IndexCommand),
    #[command(subcommand)]
    Migrate(MigrateCommand),
    #[command(subcommand)]
    Normalize(NormalizeCommand),
    #[command(subcommand)]
    Matview(MatviewCommand),
    #[command(subcommand)]
    Report(ReportCommand),
    #[command(subcommand)]
    Stats(StatsCommand),
    Health(HealthArgs),
    Metrics(MetricsArgs),
    Doctor(DoctorArgs),
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    Init(InitArgs),
    Demo(DemoArgs),
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    Completions(CompletionsArgs),
    Help(HelpArgs),
}

impl Command {
    /// `<noun> <verb>`, as `pg_stat_activity` and the journal show it.
    fn name(&self) -> String {
        match self {
            Self::Partition(command) => format!("partition {}", command.verb()),
            Self::Index(command) => format!("index {}", command.verb()),
            Self::Migrate(command) => format!("migrate {}", command.verb()),
            Self::Normalize(command) => format!("normalize {}", command.verb()),
            Self::Matview(command) => format!("matview {}", command.verb()),
            Self::Report(command) => format!("report {}", command.verb()),
            Self::Stats(command) => format!("stats {}", command.verb()),
            Self::Health(_) => "health".to_owned(),
            Self::Metrics(_) => "metrics".to_owned(),
            Self::Doctor(_) => "doctor".to_owned(),
            Self::Schedule(command) => format!("schedule {}", command.verb()),
            Self::Init(_) => "init".to_owned(),
            Self::Demo(_) => "demo".to_owned(),
            Self::Sandbox(command) => format!("sandbox {}", command.verb()),
            Self::Completions(_) => "completions".to_owned(),
            Self::Help(_) => "help".to_owned(),
        }
    }

    fn exit_of(&self, error: &anyhow::Error) -> Exit {
        if matches!(self, Self::Health(_)) { Exit::Foreign(3) } else { exit_of(error) }
    }

    /// Tells an error from before the command was run.
    fn fail(&self, ui: &Ui, error: &anyhow::Error) -> Exit {
        if let Self::Health(args) = self {
            return args.fail(ui, error).unwrap_or(Exit::Foreign(3));
        }
        ui.error(error);
        if let Self::Metrics(args) = self {
            args.tell_down(ui);
        }
        exit_of(error)
    }

    async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Partition(command) => command.run(context).await,
            Self::Index(command) => command.run(context).await,
            Self::Migrate(command) => command.run(context).await,
            Self::Normalize(command) => command.run(context).await,
            Self::Matview(command) => command.run(context).await,
            Self::Report(command) => command.run(context).await,
            Self::Stats(command) => command.run(context).await,
            Self::Health(args) => args.run(context).await,
            Self::Metrics(args) => args.run(context).await,
            Self::Doctor(args) => args.run(context).await,
            Self::Schedule(command) => command.run(context).await,
            Self::Init(args) => args.run(context).await,
            Self::Demo(args) => args.run(context).await,
            Self::Sandbox(command) => command.run(context),
            Self::Completions(args) => args.run(context, &mut Cli::command()),
            Self::Help(args) => args.run(context, &mut Cli::command()),
        }
    }
}

pub fn main() -> ExitCode {
    explain_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_use(&error),
    };
    if cli.global.verbose {
        show_statements();
    }
    let stop = Rc::new(Stop::default());
    let context = match Context::new(cli.global, &cli.command.name(), Rc::clone(&stop)) {
        Ok(context) => context,
        Err((ui, error)) => return cli.command.fail(&ui, &error).code().into(),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            context.ui.error(&anyhow::Error::new(error).context("start the runtime"));
            return Exit::Failed.code().into();
        }
    };
    let exit = runtime.block_on(async {
        let signals = tokio::task::LocalSet::new();
        signals.run_until(run(&cli.command, &context)).await
    });
    finish(exit, &stop)
}

/// As clap has it, but that to Nagios a typing error is UNKNOWN.
fn wrong_use(error: &clap::Error) -> ExitCode {
    if !tell_usage(error) {
        return Exit::Done.code().into();
    }
    let words = Cli::command().ignore_errors(true).try_get_matches().ok();
    let command = words.as_ref().and_then(|words| words.subcommand_name());
    if command == Some("metrics")
        && let Some(file) = textfile_of(std::env::args_os())
    {
        tell_down(&Ui::new(Voice::default()), &file);
    }
    if command == Some("health") { Exit::Foreign(3) } else { Exit::Usage }.code().into()
}

/// The command beside the signals: the first one asks everything to stop, the second one does not ask.
async fn run(command: &Command, context: &Context) -> Exit {
    let result = tokio::select! {
        biased;
        // First, so that they are listened to before anything else is done.
        error = context.listen_to_signals() => Err(error),
        result = command.run(context) => result,
    };
    match result {
        Ok(exit) => exit,
        Err(error) => {
            // What the server said to the cancel request is no failure of its own.
            let stopped = context.stop.check().err();
            let exit = stopped.map_or_else(|| command.exit_of(&error), |stopped| exit_of(&stopped.into()));
            let error = match stopped {
                Some(stopped) if exit_of(&error) != exit => error.context(stopped),
                _ => error,
            };
            if exit != Exit::Done {
                context.ui.error(&error);
            }
            exit
        }
    }
}

fn finish(exit: Exit, stop: &Stop) -> ExitCode {
    let signal = match (exit, stop.requested()) {
        (Exit::Interrupted, Some(Signal::Interrupt)) => signal_hook::consts::SIGINT,
        (Exit::Terminated, Some(Signal::Terminate)) => signal_hook::consts::SIGTERM,
        _ => return exit.code().into(),
    };
    // Dies of the signal itself, so that a shell loop around pgtend ends too.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    exit.code().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
