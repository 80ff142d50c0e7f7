//! The root parser: which command, then what its result means for the process.
use std::process::ExitCode;
use std::rc::Rc;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::apply::{Signal, Stop};
use crate::commands::completions::CompletionsArgs;
use crate::commands::context::{Context, GlobalArgs};
use crate::commands::demo::DemoArgs;
use crate::commands::help_topics::{EXIT_CODES, HelpArgs};
use crate::commands::init::InitArgs;
use crate::commands::matview::MatviewCommand;
use crate::commands::migrate::MigrateCommand;
use crate::commands::partition::PartitionCommand;
use crate::commands::sandbox::SandboxCommand;
use crate::failure::Exit;
use crate::output::{exit_of, explain_panics, show_statements};

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
    Migrate(MigrateCommand),
    #[command(subcommand)]
    Partition(PartitionCommand),
    #[command(subcommand)]
    Matview(MatviewCommand),
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    Init(InitArgs),
    Demo(DemoArgs),
    Completions(CompletionsArgs),
    Help(HelpArgs),
}

impl Command {
    /// `<noun> <verb>`, as `pg_stat_activity` and the journal show it.
    fn name(&self) -> String {
        match self {
            Self::Migrate(command) => format!("migrate {}", command.verb()),
            Self::Partition(command) => format!("partition {}", command.verb()),
            Self::Matview(command) => format!("matview {}", command.verb()),
            Self::Sandbox(command) => format!("sandbox {}", command.verb()),
            Self::Init(_) => "init".to_owned(),
            Self::Demo(_) => "demo".to_owned(),
            Self::Completions(_) => "completions".to_owned(),
            Self::Help(_) => "help".to_owned(),
        }
    }

    async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Migrate(command) => command.run(context).await,
            Self::Partition(command) => command.run(context).await,
            Self::Matview(command) => command.run(context).await,
            Self::Sandbox(command) => command.run(context),
            Self::Init(args) => args.run(context).await,
            Self::Demo(args) => args.run(context).await,
            Self::Completions(args) => args.run(context, &mut Cli::command()),
            Self::Help(args) => args.run(context, &mut Cli::command()),
        }
    }
}

pub fn main() -> ExitCode {
    explain_panics();
    let cli = Cli::parse();
    if cli.global.verbose {
        show_statements();
    }
    let stop = Rc::new(Stop::default());
    let context = match Context::new(cli.global, &cli.command.name(), Rc::clone(&stop)) {
        Ok(context) => context,
        Err((ui, error)) => {
            ui.error(&error);
            return exit_of(&error).code().into();
        }
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

/// The command beside the signals: the first one asks everything to stop, the second one does not ask.
async fn run(command: &Command, context: &Context) -> Exit {
    let result = tokio::select! {
        biased;
        result = command.run(context) => result,
        error = context.listen_to_signals() => Err(error),
    };
    match result {
        Ok(exit) => exit,
        Err(error) => {
            let error = match context.stop.check() {
                Err(stopped) if exit_of(&error) != exit_of(&stopped.into()) => error.context(stopped),
                _ => error,
            };
            let exit = exit_of(&error);
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
