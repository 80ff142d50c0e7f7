//! `pgtend migrate`
mod findings;
mod lint;
mod lint_files;

use clap::Subcommand;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Apply versioned SQL, and look at it first
#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    Lint(lint::LintArgs),
}

impl MigrateCommand {
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Lint(_) => "lint",
        }
    }

    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Lint(args) => args.run(context).await,
        }
    }
}
