//! `pgtend migrate`
mod args;
mod baseline;
mod connect;
mod embedded;
mod export;
mod findings;
mod lint;
mod lint_files;
mod new;
mod repair;
mod set;
mod statement_work;
mod status;
mod up;
mod work;

use clap::Subcommand;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Apply versioned SQL, so that no writer notices
#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    Status(status::StatusArgs),
    Up(up::UpArgs),
    New(new::NewArgs),
    Baseline(baseline::BaselineArgs),
    Repair(repair::RepairArgs),
    Sets(export::SetsArgs),
    Export(export::ExportArgs),
    Lint(lint::LintArgs),
}

impl MigrateCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Up(_) => "up",
            Self::New(_) => "new",
            Self::Baseline(_) => "baseline",
            Self::Repair(_) => "repair",
            Self::Sets(_) => "sets",
            Self::Export(_) => "export",
            Self::Lint(_) => "lint",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Status(args) => args.run(context).await,
            Self::Up(args) => args.run(context).await,
            Self::New(args) => args.run(context),
            Self::Baseline(args) => args.run(context).await,
            Self::Repair(args) => args.run(context).await,
            Self::Sets(args) => args.run(context),
            Self::Export(args) => args.run(context),
            Self::Lint(args) => args.run(context).await,
        }
    }
}
